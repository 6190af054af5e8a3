//! Trials of admission rules on what clusters were asked before.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::admission::AdmissionRuleConfig;

/// Body of `POST /v1/fed/admission/dry_run`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct DryRunRequest {
    /// The rule. With the id of a federated rule, it is tried in its place, and
    /// what is absent is as it is there.
    pub config: AdmissionRuleConfig,
    /// Days to look back, today included: 7, or up to 90.
    #[serde(default)]
    pub days: Option<u32>,
}

/// Answer of `POST /v1/fed/admission/dry_run`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DryRunData {
    /// What the rule would have changed.
    pub dry_run: DryRun,
}

/// What a rule would have changed, had it and the present federated rules been
/// in force in Protect mode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DryRun {
    /// The first moment that was looked at, in RFC 3339.
    pub since: String,
    /// Different requests that it was tried on.
    pub reviewed: u64,
    /// Those that it would have denied, and that were admitted without it.
    pub denied: u64,
    /// Those that it would have admitted, and that were denied without it.
    pub admitted: u64,
    /// Whether all requests were looked at: beyond 200,000 the oldest are not.
    pub complete: bool,
    /// Criteria of the rule that look at what is not kept of requests: it may
    /// be met by more, or by less, than is said here.
    pub untried_criteria: Vec<String>,
    /// Clusters that were asked something, those with the most denials first.
    pub clusters: Vec<DryRunCluster>,
}

/// What a rule would have changed in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DryRunCluster {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Different requests that the rule was tried on.
    pub reviewed: u64,
    /// Those that it would have denied.
    pub denied: u64,
    /// Those that it would have admitted.
    pub admitted: u64,
    /// Some of those that would have been decided otherwise, newest first.
    pub examples: Vec<DryRunExample>,
}

/// A request that would have been decided otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DryRunExample {
    /// When it was first asked that day: Unix seconds.
    pub reported_timestamp: i64,
    /// The same in RFC 3339, UTC.
    pub reported_at: String,
    /// Whether it would have been denied, and not admitted.
    pub denied: bool,
    /// Kind of the object, for example `Deployment`.
    pub kind: String,
    /// Its name; empty where a controller made it up.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The image for which it would have been denied, or its first one.
    pub image: String,
    /// Who asked; empty where a controller did.
    pub user: String,
    /// What met the rule: names of vulnerabilities, worst first.
    pub evidence: Vec<String>,
}
