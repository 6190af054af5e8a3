//! `/v1/fed/…`: the federation as a remote sees it.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use palisade_api::Code;
use palisade_api::kind::LogId;
use palisade_api::rest::fed::{
    ClusterStatus, FED_ROLE_JOINT, FedConfig, FedMember, JointCluster, LeaveFederationRequest,
    MasterCluster, REST_VERSION, RestInfo,
};

use super::error::{ApiError, Result};
use super::extract::JsonBody;
use crate::Controller;

/// `GET /v1/fed/member`.
pub(super) async fn member(State(controller): State<Controller>) -> Result<Json<FedMember>> {
    let (server, port) = controller.federation().rest_address();
    let local = RestInfo { server, port: port.into() };
    let Some(membership) = controller.federation().membership() else {
        return Ok(Json(FedMember {
            fed_role: String::new(),
            local_rest_info: local,
            master_cluster: None,
            joint_clusters: Vec::new(),
            use_proxy: String::new(),
            deploy_repo_scan_data: false,
        }));
    };
    let position = controller.store().position(LogId::Federation.number()).await?;
    let (host, port) = membership.primary_address.rsplit_once(':').unwrap_or_default();
    let seen = match (membership.connected, &position) {
        (false, _) => ClusterStatus::Disconnected,
        (true, _) => ClusterStatus::Connected,
    };
    let own = match (membership.connected, &position) {
        (_, None) => ClusterStatus::Joined,
        (true, Some(_)) => ClusterStatus::Synced,
        (false, Some(_)) => ClusterStatus::Disconnected,
    };
    Ok(Json(FedMember {
        fed_role: FED_ROLE_JOINT.to_owned(),
        local_rest_info: local.clone(),
        master_cluster: Some(MasterCluster {
            disabled: false,
            name: membership.primary_name,
            id: membership.primary_id.to_string(),
            secret: String::new(),
            user: String::new(),
            status: seen.as_str().to_owned(),
            rest_version: REST_VERSION.to_owned(),
            rest_info: RestInfo { server: host.to_owned(), port: port.parse().unwrap_or_default() },
        }),
        joint_clusters: vec![JointCluster {
            disabled: false,
            name: membership.name,
            id: membership.cluster_id.to_string(),
            secret: String::new(),
            user: String::new(),
            status: own.as_str().to_owned(),
            rest_version: REST_VERSION.to_owned(),
            k8s_uid: String::new(),
            rest_info: local,
            proxy_required: false,
            home: membership.home,
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            revision: position.map(|at| at.revision.0).unwrap_or_default(),
            last_seen: String::new(),
            cvedb_version: None,
            cvedb_create_time: None,
        }],
        use_proxy: String::new(),
        deploy_repo_scan_data: false,
    }))
}

/// `POST /v1/fed/leave`.
pub(super) async fn leave(
    State(controller): State<Controller>,
    JsonBody(body): JsonBody<LeaveFederationRequest>,
) -> Result<()> {
    controller.federation().leave(body.force).await.map_err(|error| {
        let out_of_reach = error.code == Code::FedOperationFailed;
        let error = ApiError::from(error);
        if out_of_reach { error.with_status(StatusCode::INTERNAL_SERVER_ERROR) } else { error }
    })
}

/// `PATCH /v1/fed/config`: the name and the address are locked in a
/// federation; what they are already may be said again.
pub(super) async fn config(
    State(controller): State<Controller>,
    JsonBody(change): JsonBody<FedConfig>,
) -> Result<()> {
    let Some(membership) = controller.federation().membership() else {
        return Err(not_here(State(controller)).await);
    };
    let (server, port) = controller.federation().rest_address();
    let present = RestInfo { server, port: port.into() };
    let renamed = change.name.is_some_and(|name| !name.is_empty() && name != membership.name);
    let locked = if renamed {
        Some("The name of the cluster")
    } else if change.rest_info.is_some_and(|info| info != present) {
        Some("The address of the cluster")
    } else if change.deploy_repo_scan_data.is_some() {
        Some("What the primary deploys")
    } else if change.use_proxy.is_some_and(|proxy| !proxy.is_empty()) {
        Some("The proxy, which the settings of the agent name,")
    } else {
        None
    };
    match locked {
        Some(what) => Err(ApiError::new(
            Code::FedOperationFailed,
            format!("{what} cannot be changed while the cluster is a member of a federation."),
        )),
        None => Ok(()),
    }
}

/// What only a primary or a standalone cluster does.
pub(super) async fn not_here(State(controller): State<Controller>) -> ApiError {
    let what = match controller.federation().membership() {
        Some(_) => "This cluster is a remote of a federation.",
        None => "This agent joins a federation by --token, not by this call.",
    };
    ApiError::new(Code::OpNotAllowed, what)
}
