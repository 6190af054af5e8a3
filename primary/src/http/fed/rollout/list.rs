//! `GET /v1/fed/rollout`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::rollout::RolloutsData;

use super::super::require_primary;
use super::shown;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::FedReader;
use crate::http::query::Query;
use crate::store::rollout;

/// Rollouts of a page where nobody says, and at most: what became of each in every
/// cluster is part of it.
const MOST: i64 = 50;

/// List the rollouts
///
/// Those under way, then the newest others, a page of them.
#[utoipa::path(
    get,
    path = "/v1/fed/rollout",
    tag = "federation",
    params(
        (
            "state" = Option<String>,
            Query,
            description = "`running`, `paused`, `halted`, `completed` or `aborted`",
        ),
        ("start" = Option<i64>, Query, description = "Rollouts to leave out"),
        ("limit" = Option<i64>, Query, description = "Rollouts at most: 50"),
    ),
    responses((status = OK, body = RolloutsData)),
)]
pub(in crate::http::fed) async fn fed_rollout_list(
    State(app): State<App>,
    FedReader(caller): FedReader,
    query: Query,
) -> Result<Json<RolloutsData>> {
    require_primary(&app).await?;
    let mut conn = app.database.acquire().await?;
    let state = query.get("state").filter(|state| !state.is_empty() && !state.contains('\0'));
    let (start, limit) = query.page();
    let limit = if limit == 0 { MOST } else { limit.min(MOST) };
    let mut rollouts = Vec::new();
    for found in rollout::list(&mut conn, state, start.max(0), limit).await? {
        rollouts.push(shown(&mut conn, &caller, found).await?);
    }
    Ok(Json(RolloutsData { rollouts }))
}
