//! `GET /v1/fed/rollout_policy`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::rollout::RolloutPolicyData;

use crate::App;
use crate::federation::rollout::policy;
use crate::http::error::Result;
use crate::http::extract::FedReader;

/// Show how changes reach the clusters
#[utoipa::path(
    get,
    path = "/v1/fed/rollout_policy",
    tag = "federation",
    responses((status = OK, body = RolloutPolicyData)),
)]
pub(in crate::http::fed) async fn fed_rollout_policy_get(
    State(app): State<App>,
    _: FedReader,
) -> Result<Json<RolloutPolicyData>> {
    let policy = policy::get(&mut *app.database.acquire().await?).await?;
    Ok(Json(RolloutPolicyData { policy }))
}
