//! `POST /v1/fed/deploy`

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use palisade_api::rest::fed::{ClusterStatus, DeployRequest, DeployResponse};
use palisade_api::{ClusterId, Code};

use super::member::not_linked;
use super::require_primary;
use super::scope::{require_whole_clusters, shows};
use crate::App;
use crate::federation::link_registry::Deployed;
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
    require_whole_clusters(&caller)?;
    let mut members = store::member::list(&mut *app.database.acquire().await?).await?;
    members.retain(|member| shows(&caller, member));
    if !request.ids.is_empty() {
        let wanted: Vec<ClusterId> = request.ids.iter().filter_map(|id| id.parse().ok()).collect();
        members.retain(|member| wanted.contains(&member.id));
        if members.is_empty() {
            return Err(ApiError::invalid_request("None of the ids is that of a member."));
        }
    }
    let confirmed = members.iter().filter(|member| !member.pending).map(|member| member.id);
    let mut deployed = HashMap::new();
    let mut elsewhere = Vec::new();
    for cluster in confirmed {
        match app.links.deploy(cluster, request.force) {
            Some(here) => {
                deployed.insert(cluster, here);
            }
            None => elsewhere.push(cluster),
        }
    }
    deployed.extend(app.replicas.deploy(&elsewhere, request.force).await);
    let mut answer = DeployResponse::default();
    for member in &members {
        let status = match deployed.get(&member.id) {
            Some(Deployed::All) => ClusterStatus::Notified,
            Some(Deployed::Nothing) => ClusterStatus::UnknownCmd,
            None if member.pending => ClusterStatus::ReqError,
            None => not_linked(member.version_refusal, app.replicas.upgrade_ongoing())
                .unwrap_or(ClusterStatus::Disconnected),
        };
        answer.results.insert(member.id.to_string(), status.number());
    }
    let taken = deployed.values().any(|deployed| *deployed == Deployed::All);
    if !taken && !answer.results.is_empty() {
        return Err(ApiError::new(
            Code::FedJointUnreachable,
            "None of the clusters is connected; they get the present state when they are.",
        ));
    }
    tracing::info!(user = %caller.recorded(), force = request.force, "deployed");
    Ok(Json(answer))
}
