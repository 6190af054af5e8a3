//! What the global role of a user, of an API key or of a directory's group is
//! limited to.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::cluster_selector::ClusterSelector;

/// What a role of the federation is limited to: clusters, by their labels or one
/// by one, and namespaces in them. Where it is absent in a change the limit stays
/// as it is; empty it takes the limit away, so a mistyped key is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AccessScope {
    /// The clusters that have such labels, whichever these are at the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<ClusterSelector>,
    /// Ids of clusters; in a request also names.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "not_empty")]
    pub clusters: Vec<String>,
    /// Namespaces; `*` stands for any text. None are all.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "not_empty")]
    pub domains: Vec<String>,
}

/// A list that names something. An empty one would limit nothing, and whoever wrote it,
/// such as a script that found no cluster, meant the opposite.
fn not_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let list: Vec<String> = Vec::deserialize(deserializer)?;
    if list.is_empty() {
        return Err(D::Error::custom(
            "an empty list would limit nothing: name some, or leave it out",
        ));
    }
    Ok(list)
}
