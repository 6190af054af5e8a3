//! What rules mean: groups, network rules and admission rules, their
//! validation and their evaluation. No I/O and no async; the primary validates
//! with it, the agents decide with it.
//!
//! Open [`admission`] for the decision over a workload, and
//! `admission/criteria/` for the criteria, one file each; [`group`] and
//! [`network_rule`] for the rest.

pub mod admission;
pub mod error;
pub mod group;
pub mod network_rule;
mod pattern;
pub mod vulnerability_profile;

pub use error::PolicyError;

use serde::{Deserialize, Serialize};

/// Prefix of the names of federated objects.
pub const FED_PREFIX: &str = "fed.";

/// Who owns an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CfgType {
    /// Learned from what happens.
    #[serde(rename = "learned")]
    Learned,
    /// Made in this cluster.
    #[default]
    #[serde(rename = "user_created")]
    UserCreated,
    /// Made by a custom resource.
    #[serde(rename = "ground")]
    Ground,
    /// Made on the primary for the whole federation.
    #[serde(rename = "federal")]
    Federal,
}

impl CfgType {
    /// The name that clients know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Learned => "learned",
            Self::UserCreated => "user_created",
            Self::Ground => "ground",
            Self::Federal => "federal",
        }
    }
}
