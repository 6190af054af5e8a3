//! What can go wrong with a federated rule.

use palisade_policy::PolicyError;
use thiserror::Error;

use crate::federation::FederationError;
use crate::store::StoreError;

/// The result of an operation on federated rules.
pub type Result<T, E = RuleError> = std::result::Result<T, E>;

/// A failed operation on federated rules.
#[derive(Debug, Error)]
pub enum RuleError {
    /// The rule itself is wrong.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// There is no such group.
    #[error("there is no group named {0:?}")]
    MissingGroup(String),
    /// A group of that name exists.
    #[error("a group named {0:?} exists already")]
    DuplicateGroup(String),
    /// Rules name the group.
    #[error("the group {group:?} is used by the rules {}", list(.rules))]
    GroupInUse {
        /// The group.
        group: String,
        /// Ids of the rules.
        rules: Vec<u32>,
    },
    /// The group is built in.
    #[error("the group {0:?} is built in and cannot be deleted")]
    ReservedGroup(String),
    /// There is no such rule.
    #[error("there is no federated rule {0}")]
    MissingRule(u32),
    /// The object is one of a cluster.
    #[error(
        "{0} are made in the clusters; here only federated ones, with scope=fed and cfg_type \"federal\", can be changed"
    )]
    NotFederated(&'static str),
    /// An object cannot be encoded.
    #[error("a rule cannot be encoded: {0}")]
    Encoding(#[source] serde_json::Error),
    /// This is no primary, or the database failed.
    #[error(transparent)]
    Federation(#[from] FederationError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn list(ids: &[u32]) -> String {
    const SHOWN: usize = 10;
    let mut text = ids.iter().take(SHOWN).map(u32::to_string).collect::<Vec<_>>().join(", ");
    if ids.len() > SHOWN {
        text.push_str(", …");
    }
    text
}
