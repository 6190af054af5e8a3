//! `PATCH /v1/fed/rollout_policy`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::rollout::RolloutPolicyData;

use super::super::{actor, require_primary};
use crate::App;
use crate::federation::rollout::policy;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::version::{Expected, Version};

/// Say how changes reach the clusters
///
/// Switched off, they reach all at once. Rollouts under way keep their policy.
#[utoipa::path(
    patch,
    path = "/v1/fed/rollout_policy",
    tag = "federation",
    params(Expected),
    request_body = RolloutPolicyData,
    responses((status = OK, body = RolloutPolicyData)),
)]
pub(in crate::http::fed) async fn fed_rollout_policy_update(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    expected: Expected,
    JsonBody(body): JsonBody<RolloutPolicyData>,
) -> Result<(Version, Json<RolloutPolicyData>)> {
    require_primary(&app).await?;
    let version = policy::set(&app.database, &actor(&caller), &body.policy, &expected).await?;
    Ok((version, Json(body)))
}
