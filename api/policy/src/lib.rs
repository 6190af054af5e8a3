//! What groups, rules, profiles, sensors and webhooks mean, those of the
//! federation and those of one cluster: their validation and their evaluation. No
//! I/O: the primary and the agents validate with it, the agents decide with it.
//!
//! Open [`object`] for what the kinds have in common, and the module of a kind
//! for the rest; [`edit`] for changes; [`admission`] for the decision over a workload, and
//! `admission/criteria/` for the criteria, one file each.

pub mod admission;
pub mod cluster;
pub mod crd;
pub mod edit;
pub mod error;
pub mod file_monitor;
pub mod group;
mod name;
pub mod network_rule;
pub mod object;
pub mod order;
mod path;
mod pattern;
pub mod process_profile;
pub mod response_rule;
pub mod rule_id;
pub mod sensor;
pub mod vulnerability_profile;
pub mod webhook;

pub use error::PolicyError;
pub use object::FederatedObject;

use serde::{Deserialize, Serialize};

/// Prefix of the names of federated objects.
pub const FED_PREFIX: &str = "fed.";

const MAX_COMMENT_BYTES: usize = 4_096;

fn check_comment(comment: &str) -> Result<(), PolicyError> {
    if comment.len() > MAX_COMMENT_BYTES {
        return Err(PolicyError::field(
            "comment",
            format!("longer than {MAX_COMMENT_BYTES} bytes"),
        ));
    }
    Ok(())
}

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
    /// Who owns what belongs to an object of this name, or is a part of it.
    pub fn of_name(name: &str) -> Self {
        if name.starts_with(FED_PREFIX) { Self::Federal } else { Self::UserCreated }
    }

    /// The owner of that name.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Learned, Self::UserCreated, Self::Ground, Self::Federal];
        all.into_iter().find(|owner| owner.as_str() == name)
    }

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
