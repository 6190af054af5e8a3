//! Why a registry cannot be kept or used.

use palisade_transport::seal::SealError;
use thiserror::Error;

use crate::federation::FederationError;
use crate::store::StoreError;
use palisade_scanner::ScanError;
use palisade_scanner::source::registry::BadFilter;

use super::BadEvent;
use super::report::PackError;

/// An operation on registries that failed.
#[derive(Debug, Error)]
pub enum RegistryFailure {
    /// The name is not allowed.
    #[error("{0}")]
    Name(String),
    /// There is one of that name.
    #[error("A registry named {0:?} exists already.")]
    Duplicate(String),
    /// There is none of that name.
    #[error("There is no registry named {0:?}.")]
    Missing(String),
    /// A setting is not allowed.
    #[error("{0}")]
    Setting(String),
    /// A filter is not allowed.
    #[error(transparent)]
    Filter(#[from] BadFilter),
    /// A webhook that does not prove that it comes from the registry.
    #[error("The call does not know the secret of the registry's webhook.")]
    Forged,
    /// A webhook that tells of nothing.
    #[error(transparent)]
    Event(#[from] BadEvent),
    /// The scan of the registry runs.
    #[error("The registry {0:?} is being scanned.")]
    Scanning(String),
    /// Credentials cannot be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Settings cannot be encoded.
    #[error("cannot encode: {0}")]
    Encode(#[from] serde_json::Error),
    /// This cluster is no primary.
    #[error(transparent)]
    Federation(#[from] FederationError),
    /// What is stored cannot be read.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// An inventory cannot be held against the vulnerability database.
    #[error("an inventory cannot be matched: {0}")]
    Matching(#[source] ScanError),
    /// The vulnerability database does not tell what a report is to say.
    #[error("a report cannot be put together: {0}")]
    Describe(#[source] ScanError),
    /// This program is shutting down.
    #[error("cancelled by the shutdown")]
    Cancelled,
    /// The worker that read an image went away.
    #[error("the scan worker went away")]
    WorkerGone,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
