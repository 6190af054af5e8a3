//! `/v1/fed/…`: the federation as a remote sees it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use palisade_api::kind::LogId;
use palisade_api::rest::event::name;
use palisade_api::rest::fed::{
    ClusterStatus, FED_ROLE_JOINT, FedConfig, FedMember, JoinFederationRequest, JointCluster,
    LeaveFederationRequest, MasterCluster, REST_VERSION, RestInfo,
};
use palisade_api::{ClusterName, Code};
use palisade_transport::client::PrimaryAddress;

use super::error::{ApiError, Result};
use super::extract::JsonBody;
use crate::Controller;
use crate::federation::{JoinWish, Standing};

/// The `use_proxy` of clusters that reach the primary by a proxy.
const HTTPS: &str = "https";

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
            summary: None,
        }));
    };
    let position = controller.store().position(LogId::Federation.number()).await?;
    let drifted = controller.in_force().has_drifted();
    let own = own_status(membership.standing, position.is_some(), drifted);
    let by_proxy = if membership.by_proxy { HTTPS } else { "" };
    Ok(Json(FedMember {
        fed_role: FED_ROLE_JOINT.to_owned(),
        local_rest_info: local.clone(),
        master_cluster: Some(MasterCluster {
            disabled: false,
            name: membership.primary_name,
            id: membership.primary_id.to_string(),
            secret: String::new(),
            user: String::new(),
            status: primary_status(membership.standing).as_str().to_owned(),
            rest_version: REST_VERSION.to_owned(),
            rest_info: rest_info(&membership.primary_address),
            status_reason: membership.no_link_because,
        }),
        joint_clusters: vec![JointCluster {
            disabled: false,
            name: membership.name,
            id: membership.cluster_id.to_string(),
            secret: String::new(),
            user: String::new(),
            status: own.as_str().to_owned(),
            rest_version: REST_VERSION.to_owned(),
            labels: BTreeMap::new(),
            k8s_uid: String::new(),
            rest_info: local,
            proxy_required: false,
            home: membership.home,
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            revision: position.map(|at| at.revision.0).unwrap_or_default(),
            last_seen: String::new(),
            cvedb_version: None,
            cvedb_create_time: None,
            duplicate_at: None,
            duplicate_address: None,
            certificate_expires_at: None,
        }],
        use_proxy: by_proxy.to_owned(),
        deploy_repo_scan_data: false,
        summary: None,
    }))
}

/// The primary, as the link says.
const fn primary_status(standing: Standing) -> ClusterStatus {
    match standing {
        Standing::Connected | Standing::Syncing | Standing::Pending => ClusterStatus::Connected,
        Standing::Disconnected => ClusterStatus::Disconnected,
        Standing::PrimaryTooOld => ClusterStatus::MasterUpgradeRequired,
        Standing::AgentTooOld => ClusterStatus::JointUpgradeRequired,
        Standing::UpgradeOngoing => ClusterStatus::ClusterUpgradeOngoing,
    }
}

/// This cluster: `held` tells whether it ever got anything, `drifted` whether that
/// was changed here and is asked for anew.
const fn own_status(standing: Standing, held: bool, drifted: bool) -> ClusterStatus {
    match standing {
        Standing::Pending => ClusterStatus::Pending,
        Standing::AgentTooOld => ClusterStatus::JointUpgradeRequired,
        Standing::PrimaryTooOld => ClusterStatus::MasterUpgradeRequired,
        Standing::UpgradeOngoing => ClusterStatus::ClusterUpgradeOngoing,
        Standing::Connected | Standing::Disconnected if !held => ClusterStatus::Joined,
        Standing::Disconnected => ClusterStatus::Disconnected,
        Standing::Syncing => ClusterStatus::Syncing,
        Standing::Connected if drifted => ClusterStatus::OutOfSync,
        Standing::Connected => ClusterStatus::Synced,
    }
}

/// `POST /v1/fed/join`: answered when the cluster is a member.
pub(super) async fn join(
    State(controller): State<Controller>,
    JsonBody(body): JsonBody<JoinFederationRequest>,
) -> Result<()> {
    if controller.federation().membership().is_some() {
        return Err(not_here(State(controller)).await);
    }
    let wish = wish(&controller, body)?;
    let own = controller.cluster_name();
    let own = match (&wish.name, own.parse::<ClusterName>()) {
        (Some(name), _) => name.clone(),
        (None, Ok(own)) => own,
        (None, Err(error)) => return Err(ApiError::new(Code::InvalidName, error.to_string())),
    };
    let joined = controller.federation().join(wish, own).await.map_err(|error| {
        let (code, of_token) = (error.code, error.of_token);
        let error = ApiError::from(error);
        match code {
            Code::FedOperationFailed if of_token => {
                error.with_status(StatusCode::EXPECTATION_FAILED)
            }
            Code::FedOperationFailed => error.with_status(StatusCode::INTERNAL_SERVER_ERROR),
            _ => error,
        }
    })?;
    controller.set_cluster_name(&joined.name);
    controller.note_federation(name::FEDERATION_JOIN, "This cluster joined.").await;
    Ok(())
}

/// An address as clients know it; empty where it is none.
fn rest_info(address: &str) -> RestInfo {
    let read = address.parse::<PrimaryAddress>();
    read.map(|PrimaryAddress { host, port }| RestInfo { server: host, port: port.into() })
        .unwrap_or_default()
}

fn wish(controller: &Controller, body: JoinFederationRequest) -> Result<JoinWish> {
    let name = match body.name.as_deref() {
        None | Some("") => None,
        Some(name) => {
            let parsed = name.parse::<ClusterName>();
            Some(parsed.map_err(|error| ApiError::new(Code::InvalidName, error.to_string()))?)
        }
    };
    if body.join_token.trim().is_empty() {
        let text = "join_token is missing: it is made on the primary (`token create`, \
                    `GET /v1/fed/join_token`).";
        return Err(ApiError::invalid(text));
    }
    let port = body.port.filter(|port| *port != 0).map(u16::try_from).transpose();
    let port = port.map_err(|_| ApiError::invalid("port is 65535 at most."))?;
    match body.use_proxy.as_deref() {
        None | Some("") => {}
        Some(HTTPS) if controller.federation().has_proxy() => {}
        Some(HTTPS) => {
            return Err(ApiError::invalid("This agent is configured without a proxy."));
        }
        Some(_) => return Err(ApiError::invalid("use_proxy is empty or https.")),
    }
    Ok(JoinWish {
        name,
        server: body.server.filter(|server| !server.is_empty()),
        port,
        token: body.join_token.into(),
        rest: own_address(body.joint_rest_info.unwrap_or_default())?,
    })
}

/// Where this cluster says to be reached; none where it does not say.
fn own_address(told: RestInfo) -> Result<Option<(String, u16)>> {
    if told == RestInfo::default() {
        return Ok(None);
    }
    let port = u16::try_from(told.port).ok().filter(|_| told.is_valid());
    let port = port.ok_or_else(|| ApiError::invalid("joint_rest_info is not an address."))?;
    Ok(Some((told.server, port)))
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
    let (server, port) = controller.federation().rest_address();
    let present = RestInfo { server, port: port.into() };
    let Some(membership) = controller.federation().membership() else {
        return configure_standalone(&controller, change, &present);
    };
    let renamed = change.name.is_some_and(|name| !name.is_empty() && name != membership.name);
    let locked = if renamed {
        Some("The name of the cluster")
    } else if change.rest_info.is_some_and(|info| info != present) {
        Some("The address of the cluster")
    } else if change.deploy_repo_scan_data.is_some() {
        Some("What the primary deploys")
    } else if change
        .use_proxy
        .is_some_and(|proxy| proxy != if membership.by_proxy { HTTPS } else { "" })
    {
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

/// A standalone cluster may choose what it joins as; that holds until the agent
/// is started anew.
fn configure_standalone(
    controller: &Controller,
    change: FedConfig,
    present: &RestInfo,
) -> Result<()> {
    let name = change.name.filter(|name| !name.is_empty());
    let name = name
        .map(|name| name.parse::<ClusterName>())
        .transpose()
        .map_err(|error| ApiError::new(Code::InvalidName, error.to_string()))?;
    if let Some(info) = change.rest_info.filter(|info| info != present) {
        let port = u16::try_from(info.port).ok().filter(|_| info.is_valid());
        let port = port.ok_or_else(|| ApiError::invalid("rest_info is not an address."))?;
        controller.federation().set_rest_address(info.server, port);
    }
    if let Some(name) = name {
        controller.set_cluster_name(name.as_str());
    }
    Ok(())
}

/// What only a primary or a standalone cluster does.
pub(super) async fn not_here(State(controller): State<Controller>) -> ApiError {
    let what = match controller.federation().membership() {
        Some(_) => "This cluster is a remote of a federation.",
        None => "This is an agent: it can be a remote cluster, and not a primary.",
    };
    ApiError::new(Code::OpNotAllowed, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_address_has_no_brackets_beside_its_port() {
        for (address, server, port) in [
            ("hub.example:11443", "hub.example", 11443),
            ("10.0.0.7:11443", "10.0.0.7", 11443),
            ("[fd00::7]:11443", "fd00::7", 11443),
            ("", "", 0),
        ] {
            let expected = RestInfo { server: server.to_owned(), port };
            assert_eq!(rest_info(address), expected, "{address}");
        }
    }

    #[test]
    fn each_standing_shows_on_both_sides() {
        use ClusterStatus as Is;
        for (standing, held, drifted, own, primary) in [
            (Standing::Connected, true, false, Is::Synced, Is::Connected),
            (Standing::Connected, true, true, Is::OutOfSync, Is::Connected),
            (Standing::Connected, false, false, Is::Joined, Is::Connected),
            (Standing::Syncing, true, false, Is::Syncing, Is::Connected),
            (Standing::Syncing, true, true, Is::Syncing, Is::Connected),
            (Standing::Syncing, false, false, Is::Syncing, Is::Connected),
            (Standing::Pending, true, false, Is::Pending, Is::Connected),
            (Standing::Disconnected, true, false, Is::Disconnected, Is::Disconnected),
            (Standing::Disconnected, false, false, Is::Joined, Is::Disconnected),
            (
                Standing::PrimaryTooOld,
                true,
                false,
                Is::MasterUpgradeRequired,
                Is::MasterUpgradeRequired,
            ),
            (
                Standing::AgentTooOld,
                true,
                false,
                Is::JointUpgradeRequired,
                Is::JointUpgradeRequired,
            ),
            (
                Standing::UpgradeOngoing,
                true,
                false,
                Is::ClusterUpgradeOngoing,
                Is::ClusterUpgradeOngoing,
            ),
        ] {
            assert_eq!(own_status(standing, held, drifted), own, "{standing:?}");
            assert_eq!(primary_status(standing), primary, "{standing:?}");
        }
    }
}
