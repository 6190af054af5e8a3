//! Changes of federated objects that reach some clusters first.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cluster_selector::ClusterSelector;

/// How changes of federated objects reach the clusters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RolloutPolicy {
    /// Whether changes go in stages; without, they reach everybody at once.
    pub enable: bool,
    /// The stages in order. All clusters follow after the last one.
    pub stages: Vec<RolloutStage>,
    /// Clusters that may report errors of the changed objects before the
    /// rollout is halted.
    pub most_errors: u32,
    /// Denied admissions in the clusters of the rollout that may be more than in
    /// the same time before, until it is halted; absent: they are not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_new_denials: Option<u64>,
}

/// A stage of a rollout.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RolloutStage {
    /// The clusters that are asked first; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<ClusterSelector>,
    /// How many of them, rounded up, in percent from 1 to 100.
    pub percent: u32,
    /// Seconds to watch after all of them have applied the change.
    pub wait_seconds: u32,
}

/// A rollout.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rollout {
    /// Its number.
    pub id: i64,
    /// The revision of the change.
    pub revision: u64,
    /// `running`, `paused`, `halted`, `completed` or `aborted`.
    pub state: String,
    /// Why it is halted, or was when it was aborted; empty otherwise.
    pub reason: String,
    /// The same for programs: `errors`, clusters report errors; `no_members`, none of the
    /// clusters that it has reached is a member any more; `denials`, admissions were denied.
    /// Empty otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason_code: String,
    /// What the reason is about: of `errors` how many clusters report some, and what one of
    /// them says; of `denials` how many there were since the stage began, and in the same
    /// time before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reason_parameters: Vec<String>,
    /// The stage that was reached last, from 1.
    pub stage: u32,
    /// Stages and limits.
    pub policy: RolloutPolicy,
    /// Who made the change.
    pub actor: String,
    /// When, RFC 3339.
    pub created_at: String,
    /// When it was completed or aborted, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// The objects that it changes.
    pub objects: Vec<RolloutObject>,
    /// The clusters that it has reached.
    pub clusters: Vec<ObjectStatusCluster>,
}

/// An object of a rollout.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RolloutObject {
    /// Its kind in words.
    pub kind: String,
    /// Its name; of rules the id.
    pub name: String,
    /// Whether it is deleted.
    pub deleted: bool,
}

/// How a cluster stands with a change or an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ObjectStatusCluster {
    /// The cluster's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `applied`, `pending` or `error`.
    pub state: String,
    /// The revision up to which the cluster has applied all that concerns it.
    pub revision: u64,
    /// When it acknowledged that, RFC 3339; absent where it has not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision_at: Option<String>,
    /// Why the object is not in force there; empty otherwise.
    pub error: String,
    /// The same as a numeric code of errors; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<u32>,
    /// The field at fault, where it is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error_field: String,
}

/// Answer of `GET /v1/fed/rollout`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct RolloutsData {
    /// The rollouts, newest first; those under way before the others.
    pub rollouts: Vec<Rollout>,
}

/// Answer of `GET` and `PATCH /v1/fed/rollout/{id}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct RolloutData {
    /// The rollout.
    pub rollout: Rollout,
}

/// Body of `PATCH /v1/fed/rollout/{id}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct RolloutActionData {
    /// `pause`, `resume` or `abort`.
    pub action: String,
}

/// Body of `PATCH /v1/fed/rollout/policy`, and answer of it and of `GET`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct RolloutPolicyData {
    /// The policy.
    pub policy: RolloutPolicy,
}

/// Answer of `GET /v1/fed/object_status`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ObjectStatusData {
    /// The kind in words.
    pub kind: String,
    /// The name; of rules the id.
    pub name: String,
    /// The revision of the object.
    pub revision: u64,
    /// The clusters that it is for.
    pub clusters: Vec<ObjectStatusCluster>,
}
