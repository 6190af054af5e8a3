//! `PATCH /v1/fed/rollout/{id}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::rollout::{RolloutActionData, RolloutData};

use super::super::{actor, require_primary};
use super::{id, shown};
use crate::App;
use crate::federation::rollout::{Action, act};
use crate::http::error::{ApiError, Result};
use crate::http::extract::{FedAdmin, JsonBody};

/// Pause, resume or abort a rollout
///
/// An aborted one is taken back from the clusters that it has reached.
#[utoipa::path(
    patch,
    path = "/v1/fed/rollout/{id}",
    tag = "federation",
    params(("id" = i64, Path, description = "Number of the rollout")),
    request_body = RolloutActionData,
    responses((status = OK, body = RolloutData)),
)]
pub(in crate::http::fed) async fn fed_rollout_update(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(number): Path<String>,
    JsonBody(body): JsonBody<RolloutActionData>,
) -> Result<Json<RolloutData>> {
    require_primary(&app).await?;
    let action = Action::parse(&body.action)
        .ok_or_else(|| ApiError::invalid_request("The action is pause, resume or abort."))?;
    let found = act(&app, &actor(&caller), id(&number)?, action).await?;
    let mut conn = app.database.acquire().await?;
    Ok(Json(RolloutData { rollout: shown(&mut conn, &caller, found).await? }))
}
