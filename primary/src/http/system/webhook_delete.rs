//! `DELETE /v1/system/config/webhook/{name}`

use axum::extract::{Path, State};
use palisade_policy::FED_PREFIX;

use super::federated;
use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::FedAdmin;
use crate::http::query::Query;
use crate::store::Actor;

/// Delete a federated webhook that no response rule calls
#[utoipa::path(
    delete,
    path = "/v1/system/config/webhook/{name}",
    tag = "system",
    params(
        ("name" = String, Path, description = "Name of the webhook"),
        ("scope" = Option<String>, Query, description = "`fed`"),
    ),
    responses((status = OK)),
)]
pub(super) async fn system_webhook_delete(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(name): Path<String>,
    query: Query,
) -> Result<()> {
    federated(&query, name.starts_with(FED_PREFIX))?;
    let actor = Actor::from(&caller);
    rules::webhook::delete(&app.database, &actor, &name).await?;
    Ok(())
}
