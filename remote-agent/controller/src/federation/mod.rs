//! What this cluster has of the federation: the replica of the primary's logs,
//! and the way to the primary.

mod replica;

use std::fmt::Debug;
use std::pin::Pin;

use bytes::Bytes;
use palisade_api::{ClusterId, Code};
use thiserror::Error;

pub use replica::FederationReplica;

/// Whose member this cluster is, and how it stands with the primary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// This cluster.
    pub cluster_id: ClusterId,
    /// Its name in the federation.
    pub name: String,
    /// Whether it is the primary's own cluster.
    pub home: bool,
    /// The primary.
    pub primary_id: ClusterId,
    /// Its name.
    pub primary_name: String,
    /// Where it is reached: `host:port`.
    pub primary_address: String,
    /// Whether the link to it stands.
    pub connected: bool,
}

/// A request to the primary that failed.
#[derive(Clone, Debug, Error)]
#[error("{text}")]
pub struct FederationError {
    /// The code to answer with.
    pub code: Code,
    /// What failed.
    pub text: String,
}

/// An answer that is on its way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, FederationError>> + Send + 'a>>;

/// The way to the primary, kept by the program that runs the controller.
pub trait Federation: Debug + Send + Sync {
    /// Whose member this cluster is; none when it is standalone.
    fn membership(&self) -> Option<Membership>;

    /// How this cluster's REST API is reached from outside.
    fn rest_address(&self) -> (String, u16);

    /// Leaves the federation. With `force`, even if the primary does not know.
    fn leave(&self, force: bool) -> Pending<'_, ()>;

    /// The full report on an image (JSON), by the digest of its manifest.
    fn report<'a>(&'a self, image_digest: &'a str) -> Pending<'a, Bytes>;
}
