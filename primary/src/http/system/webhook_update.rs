//! `PATCH /v1/system/config/webhook/{name}`

use axum::extract::{Path, State};
use palisade_api::rest::webhook::WebhookConfigData;

use super::federated;
use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::http::query::Query;
use crate::store::Actor;

/// Replace a federated webhook
#[utoipa::path(
    patch,
    path = "/v1/system/config/webhook/{name}",
    tag = "system",
    params(
        ("name" = String, Path, description = "Name of the webhook"),
        ("scope" = Option<String>, Query, description = "`fed`"),
    ),
    request_body = WebhookConfigData,
    responses((status = OK)),
)]
pub(super) async fn system_webhook_update(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(name): Path<String>,
    query: Query,
    JsonBody(WebhookConfigData { config }): JsonBody<WebhookConfigData>,
) -> Result<()> {
    federated(&query, config.cfg_type == "federal")?;
    let actor = Actor::from(&caller);
    rules::webhook::update(&app.database, &actor, &name, config).await?;
    Ok(())
}
