//! `GET /v1/fed/rollout`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::rollout::RolloutsData;

use super::super::require_primary;
use super::shown;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::FedReader;
use crate::store::rollout;

/// Rollouts that are listed.
const MOST: u32 = 50;

/// List the rollouts
///
/// Those under way, then the newest others, 50 at most.
#[utoipa::path(
    get,
    path = "/v1/fed/rollout",
    tag = "federation",
    responses((status = OK, body = RolloutsData)),
)]
pub(in crate::http::fed) async fn fed_rollout_list(
    State(app): State<App>,
    FedReader(caller): FedReader,
) -> Result<Json<RolloutsData>> {
    require_primary(&app).await?;
    let mut conn = app.database.acquire().await?;
    let mut rollouts = Vec::new();
    for found in rollout::list(&mut conn, MOST).await? {
        rollouts.push(shown(&mut conn, &caller, found).await?);
    }
    Ok(Json(RolloutsData { rollouts }))
}
