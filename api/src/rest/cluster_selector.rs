//! Which clusters a federated object is for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Selects clusters by their labels, as Kubernetes selects by labels: all that
/// stands here must be met. Empty, it selects every cluster, so a mistyped key
/// is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterSelector {
    /// Labels that a cluster must have.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// What its labels must be like.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<ClusterSelectorRequirement>,
}

/// What one label must be like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterSelectorRequirement {
    /// The label's key.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// The values, for `In` and `NotIn`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// Body of `PATCH /v1/fed/member/{id}/labels`, and its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClusterLabelsData {
    /// All labels of the cluster: those that are not named are removed.
    pub labels: BTreeMap<String, String>,
}
