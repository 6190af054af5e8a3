//! `POST /v1/fed/deploy`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::fed::{ClusterStatus, DeployRequest, DeployResponse};
use palisade_api::{ClusterId, Code};

use super::require_primary;
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{FedAdmin, JsonBody};
use crate::store;

/// Deploy the federated state
///
/// Every change is deployed by itself; this lets members confirm it, and with
/// `force` fetch everything again.
#[utoipa::path(
    post,
    path = "/v1/fed/deploy",
    tag = "federation",
    request_body = DeployRequest,
    responses((status = OK, body = DeployResponse)),
)]
pub(super) async fn fed_deploy(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    JsonBody(request): JsonBody<Option<DeployRequest>>,
) -> Result<Json<DeployResponse>> {
    require_primary(&app).await?;
    let request = request.unwrap_or_default();
    let mut members = store::member::list(&mut *app.database.acquire().await?).await?;
    if !request.ids.is_empty() {
        let wanted: Vec<ClusterId> = request.ids.iter().filter_map(|id| id.parse().ok()).collect();
        members.retain(|member| wanted.contains(&member.id));
        if members.is_empty() {
            return Err(ApiError::invalid_request("None of the ids is that of a member."));
        }
    }
    let mut answer = DeployResponse::default();
    let mut taken = false;
    let (here, elsewhere): (Vec<ClusterId>, Vec<ClusterId>) =
        members.iter().map(|member| member.id).partition(|id| app.links.deploy(*id, request.force));
    let there = app.replicas.deploy(&elsewhere, request.force).await;
    for cluster in here.iter().chain(&elsewhere) {
        let linked = here.contains(cluster) || there.contains(cluster);
        taken |= linked;
        let status = if linked { ClusterStatus::Notified } else { ClusterStatus::Disconnected };
        answer.results.insert(cluster.to_string(), status.number());
    }
    if !taken && !answer.results.is_empty() {
        return Err(ApiError::new(
            Code::FedJointUnreachable,
            "None of the clusters is connected; they get the present state when they are.",
        ));
    }
    tracing::info!(user = caller.fullname, force = request.force, "deployed");
    Ok(Json(answer))
}
