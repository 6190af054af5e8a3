//! `GET /v1/fed/rollout/{id}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::rollout::RolloutData;

use super::super::require_primary;
use super::{id, shown};
use crate::App;
use crate::federation::rules::RuleError;
use crate::http::error::Result;
use crate::http::extract::FedReader;
use crate::store::rollout;

/// Show a rollout
///
/// Its stage, its objects, and each cluster that it has reached with the
/// revision that the cluster has applied, or the error that it reports.
#[utoipa::path(
    get,
    path = "/v1/fed/rollout/{id}",
    tag = "federation",
    params(("id" = i64, Path, description = "Number of the rollout")),
    responses((status = OK, body = RolloutData)),
)]
pub(in crate::http::fed) async fn fed_rollout_get(
    State(app): State<App>,
    FedReader(caller): FedReader,
    Path(number): Path<String>,
) -> Result<Json<RolloutData>> {
    require_primary(&app).await?;
    let id = id(&number)?;
    let mut conn = app.database.acquire().await?;
    let found = rollout::get(&mut conn, id).await?.ok_or(RuleError::NoRollout(id))?;
    Ok(Json(RolloutData { rollout: shown(&mut conn, &caller, found).await? }))
}
