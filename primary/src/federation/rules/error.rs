//! What can go wrong with a federated rule.

use palisade_api::{ObjectKind, Revision};
use palisade_policy::crd::YamlError;
use palisade_policy::edit::EditError;
use palisade_policy::{FederatedObject, PolicyError};
use thiserror::Error;

use crate::federation::FederationError;
use crate::registry::RegistryFailure;
use crate::store::StoreError;
use crate::version::ChangedSince;

/// The result of an operation on federated rules.
pub type Result<T, E = RuleError> = std::result::Result<T, E>;

/// A failed operation on federated rules.
#[derive(Debug, Error)]
pub enum RuleError {
    /// The rule itself is wrong.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The change does not fit what is there.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// No sensor has such a rule.
    #[error("no federated sensor has a rule {0:?}")]
    MissingSensorRule(String),
    /// An object would name one that does not exist.
    #[error(
        "the {} {:?} names the {} {:?}, which would not exist",
        .user.0.as_str(), .user.1, .used.0.as_str(), .used.1
    )]
    Dangling {
        /// What names.
        user: (ObjectKind, String),
        /// What is named.
        used: (ObjectKind, String),
    },
    /// An object would be for clusters that do not have what it names.
    #[error(
        "the {} {:?} would be for clusters that do not have the {} {:?}, which it names: let that \
         be for the same clusters, or for all",
        .user.0.as_str(), .user.1, .used.0.as_str(), .used.1
    )]
    Unreached {
        /// What names.
        user: (ObjectKind, String),
        /// What is named.
        used: (ObjectKind, String),
    },
    /// Somebody whose role does not reach every cluster would change what may be
    /// for others.
    #[error(
        "the {} {name:?} is not provably for clusters of your access scope alone: {reason}",
        .kind.as_str()
    )]
    BeyondScope {
        /// Its kind.
        kind: ObjectKind,
        /// Its name.
        name: String,
        /// What to do about it.
        reason: &'static str,
    },
    /// An object is part of a rollout that is under way.
    #[error(
        "the {} {name:?} is part of rollout {rollout}, which is under way: wait for its end, or \
         abort it", .kind.as_str()
    )]
    InRollout {
        /// Its kind.
        kind: ObjectKind,
        /// Its name.
        name: String,
        /// The rollout.
        rollout: i64,
    },
    /// There is no such rollout.
    #[error("there is no rollout {0}")]
    NoRollout(i64),
    /// A rollout that has ended cannot be acted on.
    #[error("rollout {id} is {state}: it cannot be paused, resumed or aborted any more")]
    RolloutEnded {
        /// The rollout.
        id: i64,
        /// How it ended.
        state: &'static str,
    },
    /// There is no such revision.
    #[error("there is no revision {0} yet")]
    NoRevision(Revision),
    /// A file that cannot be read or written.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// A rule that cannot be promoted.
    #[error("rule {id} cannot be promoted: {reason}")]
    NotPromoted {
        /// The rule.
        id: u32,
        /// Why.
        reason: String,
    },
    /// None of the rules can be promoted.
    #[error("there is no rule to promote: federated and built-in ones are passed over")]
    NothingPromoted,
    /// The object is one of a cluster.
    #[error(
        "{0} are made in the clusters; here only federated ones, with scope=fed and cfg_type \"federal\", can be changed"
    )]
    NotFederated(&'static str),
    /// An object cannot be encoded.
    #[error("a rule cannot be encoded: {0}")]
    Encoding(#[source] serde_json::Error),
    /// A trial of a rule did not come to its end.
    #[error("the trial of a rule broke off: {0}")]
    Trial(#[source] tokio::task::JoinError),
    /// A registry that cannot be.
    #[error(transparent)]
    Registry(#[from] Box<RegistryFailure>),
    /// The change was meant for what was there before another one.
    #[error(transparent)]
    ChangedSince(#[from] ChangedSince),
    /// This is no primary, or the database failed.
    #[error(transparent)]
    Federation(#[from] FederationError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RuleError {
    pub(in crate::federation) fn missing<T: FederatedObject>(name: &str) -> Self {
        EditError::missing::<T>(name).into()
    }
}
