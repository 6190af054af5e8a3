//! The federation: members, tokens, configuration.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// The state of a cluster in the federation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum ClusterStatus {
            $($(#[$doc])* $name = $number,)*
        }

        impl ClusterStatus {
            /// The name in `status` of a member.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The number in the results of a deployment.
            pub const fn number(self) -> u32 {
                self as u32
            }
        }
    };
}

statuses! {
    /// The primary itself.
    Active = 0, "active";
    /// The remote takes nothing that could be deployed to it.
    UnknownCmd = 1, "unknown_cmd";
    /// The remote took the notice of a deployment.
    Notified = 2, "notified";
    /// Nobody may deploy to the remote yet: it waits for being confirmed.
    ReqError = 3, "req_error";
    /// Reachable, but not yet told what it holds.
    Connected = 200, "connected";
    /// Joined, and has not said yet that it holds anything.
    Joined = 201, "joined";
    /// The primary has to be upgraded before the remote can connect.
    MasterUpgradeRequired = 101, "master_upgrade_required";
    /// The remote has to be upgraded before it can connect.
    JointUpgradeRequired = 102, "joint_upgrade_required";
    /// The replicas of the primary are being upgraded, and the one that the remote met
    /// does not speak its protocol.
    ClusterUpgradeOngoing = 103, "cluster_upgrade_ongoing";
    /// The same as `master_upgrade_required`, seen from the primary.
    JointVersionTooNew = 104, "joint_version_too_new";
    /// Connected, and does not hold the present federated state.
    OutOfSync = 202, "out_of_sync";
    /// Connected, and has shown by digest that it holds the present state.
    Synced = 203, "synced";
    /// Was connected, and is not now.
    Disconnected = 204, "disconnected";
    /// Removed by the primary.
    Kicked = 205, "kicked";
    /// Left by itself.
    Left = 206, "left";
    /// Connected, and asked for a sign of life.
    Pinging = 208, "pinging";
    /// Connected, and being sent what it lacks.
    Syncing = 209, "syncing";
    /// Joined, and nobody has confirmed it yet.
    Pending = 210, "pending";
}

/// Role of a cluster in the federation: the `fed_role` of a primary.
pub const FED_ROLE_MASTER: &str = "master";
/// The `fed_role` of a remote.
pub const FED_ROLE_JOINT: &str = "joint";

/// The version of the REST API that consoles compare between clusters.
pub const REST_VERSION: &str = "BB38FD65";

/// Where a cluster's service is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RestInfo {
    /// Host name or address; empty when unknown.
    #[serde(default)]
    pub server: String,
    /// Port; 0 when unknown.
    #[serde(default)]
    pub port: u32,
}

impl RestInfo {
    /// Whether both halves are given and possible.
    pub fn is_valid(&self) -> bool {
        !self.server.is_empty()
            && self.server.len() <= 253
            && self.server.chars().all(|c| c.is_ascii_alphanumeric() || "-._:".contains(c))
            && (1..=u32::from(u16::MAX)).contains(&self.port)
    }
}

/// `HOST:PORT` as in a URL: an address of IPv6 stands in brackets.
impl fmt::Display for RestInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, port } = self;
        if server.contains(':') {
            write!(f, "[{server}]:{port}")
        } else {
            write!(f, "{server}:{port}")
        }
    }
}

/// The primary, as members and clients see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MasterCluster {
    /// Always false: kept for clients that read it.
    pub disabled: bool,
    /// Name in the federation.
    pub name: String,
    /// 32 hex digits.
    pub id: String,
    /// Always empty.
    pub secret: String,
    /// Always empty.
    pub user: String,
    /// Name of the state, see [`ClusterStatus`]; empty when unknown.
    pub status: String,
    /// Version of the REST API.
    pub rest_version: String,
    /// Where the federation service is reached.
    pub rest_info: RestInfo,
    /// Why a member has no link to it, in words; absent where it has, and on the primary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
}

/// A member of the federation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JointCluster {
    /// Always false: kept for clients that read it.
    pub disabled: bool,
    /// Name in the federation.
    pub name: String,
    /// 32 hex digits.
    pub id: String,
    /// Always empty.
    pub secret: String,
    /// Always empty.
    pub user: String,
    /// Name of the state, see [`ClusterStatus`]; empty when unknown.
    pub status: String,
    /// Version of the REST API.
    pub rest_version: String,
    /// Always empty.
    pub k8s_uid: String,
    /// Where the cluster's REST API is reached, as it says itself.
    pub rest_info: RestInfo,
    /// Always false: the agent dials the primary.
    pub proxy_required: bool,
    /// Whether this is the primary's own cluster.
    #[serde(default)]
    pub home: bool,
    /// Version of the agent's program.
    #[serde(default)]
    pub agent_version: String,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Revision of the federated state that the cluster holds.
    #[serde(default)]
    pub revision: u64,
    /// When it was last heard of, RFC 3339; empty when never.
    #[serde(default)]
    pub last_seen: String,
    /// Version of the vulnerability database that it scans with, where it is
    /// connected and scans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cvedb_version: Option<String>,
    /// Date of the newest record of that database, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cvedb_create_time: Option<String>,
    /// When another agent with the identity of this connected cluster was
    /// refused last, RFC 3339. Its data folder was copied, most likely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_at: Option<String>,
    /// The address that that agent came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_address: Option<String>,
    /// The end of its certificate, RFC 3339. It renews it by itself while it is
    /// connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_expires_at: Option<String>,
}

/// A federated object that a member could not put in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberError {
    /// Its kind in words, such as `admission rule`.
    pub kind: String,
    /// Its name; of rules the id.
    pub name: String,
    /// The revision that failed.
    pub revision: u64,
    /// Why, as a numeric code of errors.
    pub code: u32,
    /// The field at fault, where it is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// What the member says.
    pub error: String,
}

/// Answer of `GET /v1/fed/member/{id}/errors`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberErrors {
    /// The errors that it reported last; none when all is in force.
    pub errors: Vec<MemberError>,
}

/// A revision of what a member has of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigurationRevision {
    /// Its number among those of its member.
    pub revision: i64,
    /// When the member told it, RFC 3339.
    pub stored_at: String,
    /// SHA-256 of the configuration, 64 hex digits.
    pub digest: String,
    /// Bytes of the configuration.
    pub size: i64,
}

/// Answer of `GET /v1/fed/cluster/{id}/configuration`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigurationRevisions {
    /// The revisions that the primary keeps, newest first.
    pub revisions: Vec<ConfigurationRevision>,
}

/// One certificate authority of the federation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedAuthority {
    /// SHA-256 of its certificate, 64 hex digits: what join tokens carry.
    pub fingerprint: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// The end of its certificate, RFC 3339.
    pub expires_at: String,
    /// Whether it signs; the other one is only trusted still.
    pub issuing: bool,
    /// Members that depend on it.
    pub members: i64,
}

/// Answer of `GET /v1/fed/authority`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedAuthorities {
    /// The authorities, newest last: two while the one is being replaced.
    pub authorities: Vec<FedAuthority>,
}

/// Answer of `GET /v1/fed/member`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedMember {
    /// Empty for a standalone cluster, `master` for a primary, `joint` for a
    /// remote.
    pub fed_role: String,
    /// Where this cluster's REST API is reached.
    pub local_rest_info: RestInfo,
    /// The primary; absent when standalone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_cluster: Option<MasterCluster>,
    /// The members, by name. On a remote only itself.
    #[serde(default)]
    pub joint_clusters: Vec<JointCluster>,
    /// `https` or empty.
    pub use_proxy: String,
    /// Whether results of repository scans go to the members.
    pub deploy_repo_scan_data: bool,
    /// The members in numbers, those of other pages too; absent on a remote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<MembersSummary>,
}

/// The members that were asked for, in numbers: before filters by a field, and
/// whatever page it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MembersSummary {
    /// The newest revision of the federated objects.
    pub revision: u64,
    /// How many are in each state; states that none is in are left out.
    pub statuses: BTreeMap<String, u64>,
    /// How many have each label, as `key=value`; absent where nobody asks for
    /// labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, u64>>,
}

/// Body of `PATCH /v1/fed/config`: what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedConfig {
    /// Minutes; 0 for no change.
    #[serde(default)]
    pub ping_interval: Option<u32>,
    /// Minutes; 0 for no change.
    #[serde(default)]
    pub poll_interval: Option<u32>,
    /// Name of this cluster in the federation.
    #[serde(default)]
    pub name: Option<String>,
    /// Where this cluster is reached.
    #[serde(default)]
    pub rest_info: Option<RestInfo>,
    /// `https` or empty.
    #[serde(default)]
    pub use_proxy: Option<String>,
    /// Whether results of repository scans go to the members.
    #[serde(default)]
    pub deploy_repo_scan_data: Option<bool>,
}

/// Body of `POST /v1/fed/promote`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PromoteRequest {
    /// Name of the primary in the federation.
    #[serde(default)]
    pub name: Option<String>,
    /// Minutes; 0 or absent for the default.
    #[serde(default)]
    pub ping_interval: Option<u32>,
    /// Minutes; 0 or absent for the default.
    #[serde(default)]
    pub poll_interval: Option<u32>,
    /// Where members reach the federation service.
    #[serde(default)]
    pub master_rest_info: Option<RestInfo>,
    /// `https` or empty.
    #[serde(default)]
    pub use_proxy: Option<String>,
    /// Whether results of repository scans go to the members.
    #[serde(default)]
    pub deploy_repo_scan_data: Option<bool>,
}

/// Answer of `POST /v1/fed/promote`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PromoteResponse {
    /// Always `master`.
    pub fed_role: String,
    /// The primary; only its id and address carry data.
    pub master_cluster: MasterCluster,
    /// `https`, or absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_proxy: Option<String>,
    /// Whether results of repository scans go to the members.
    pub deploy_repo_scan_data: bool,
}

/// Answer of `GET /v1/fed/join_token`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JoinTokenResponse {
    /// Base64 of [`crate::join_token::JoinTokenEnvelope`] as JSON.
    pub join_token: String,
}

/// Body of `POST /v1/fed/join`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JoinFederationRequest {
    /// Name in the federation; by default the cluster's own.
    #[serde(default)]
    pub name: Option<String>,
    /// Address of the primary; by default what the token holds.
    #[serde(default)]
    pub server: Option<String>,
    /// Its port.
    #[serde(default)]
    pub port: Option<u32>,
    /// The token.
    #[serde(default)]
    pub join_token: String,
    /// Where this cluster's REST API is reached.
    #[serde(default)]
    pub joint_rest_info: Option<RestInfo>,
    /// `https` or empty.
    #[serde(default)]
    pub use_proxy: Option<String>,
}

/// Body of `POST /v1/fed/leave`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeaveFederationRequest {
    /// Leave even when the primary is out of reach.
    #[serde(default)]
    pub force: bool,
}

/// Body of `POST /v1/fed/deploy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeployRequest {
    /// Let the members fetch everything again.
    #[serde(default)]
    pub force: bool,
    /// The members; all when empty.
    #[serde(default)]
    pub ids: Vec<String>,
}

/// Answer of `POST /v1/fed/deploy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeployResponse {
    /// Number of a [`ClusterStatus`] by member id.
    pub results: BTreeMap<String, u32>,
}

/// Answer of `GET /v1/fed/view/{id}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FedView {
    /// Whether a console of this primary can show the member.
    pub compatible: bool,
}

/// What `GET /v1/fed/stream` tells in one event.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FedStreamEvent {
    /// The lists that changed: `members`, `events`, `scans`, `rules`, `imports`.
    pub lists: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_both_halves() {
        let info = |server: &str, port| RestInfo { server: server.to_owned(), port };
        assert!(info("primary.example", 11443).is_valid());
        assert!(info("fd00::1", 11443).is_valid());
        for bad in [info("", 1), info("a", 0), info("a", 65_536), info("a/b", 1), info("a b", 1)] {
            assert!(!bad.is_valid(), "{bad:?}");
        }
        assert_eq!(info("primary.example", 11443).to_string(), "primary.example:11443");
        assert_eq!(info("fd00::1", 11443).to_string(), "[fd00::1]:11443");
    }

    #[test]
    fn every_key_of_a_cluster_is_present() {
        let master = MasterCluster {
            disabled: false,
            name: "primary".to_owned(),
            id: String::new(),
            secret: String::new(),
            user: String::new(),
            status: ClusterStatus::Active.as_str().to_owned(),
            rest_version: REST_VERSION.to_owned(),
            rest_info: RestInfo::default(),
            status_reason: None,
        };
        let json = serde_json::to_value(&master).unwrap();
        for key in ["disabled", "name", "id", "secret", "user", "status", "rest_version"] {
            assert!(json.get(key).is_some(), "{key}");
        }
        assert_eq!(json["rest_info"], serde_json::json!({"server": "", "port": 0}));
    }
}
