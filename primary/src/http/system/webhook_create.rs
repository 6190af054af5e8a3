//! `POST /v1/system/config/webhook`

use axum::extract::State;
use palisade_api::rest::webhook::WebhookConfigData;

use super::federated;
use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::http::query::Query;
use crate::store::Actor;

/// Add a federated webhook
///
/// Its name begins with `fed.`, and it says that it is federated, or
/// `scope=fed` does.
#[utoipa::path(
    post,
    path = "/v1/system/config/webhook",
    tag = "system",
    params(("scope" = Option<String>, Query, description = "`fed`")),
    request_body = WebhookConfigData,
    responses((status = OK)),
)]
pub(super) async fn system_webhook_create(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    query: Query,
    JsonBody(WebhookConfigData { config }): JsonBody<WebhookConfigData>,
) -> Result<()> {
    federated(&query, config.cfg_type == "federal")?;
    let actor = Actor::from(&caller);
    rules::webhook::create(&app.database, &actor, config).await?;
    Ok(())
}
