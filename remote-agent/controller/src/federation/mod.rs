//! What this cluster has of the federation: the replica of the primary's logs,
//! and the way to the primary.

mod drift;
mod replica;
mod synced;

use std::fmt::Debug;
use std::pin::Pin;

use bytes::Bytes;
use palisade_api::{ClusterId, ClusterName, Code};
use secrecy::SecretString;
use thiserror::Error;

pub(crate) use drift::{Drift, watch_drift};
pub use replica::FederationReplica;
pub(crate) use synced::tell_synced;

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
    /// How the link to it stands.
    pub standing: Standing,
    /// Why there is no link, as the last attempt says; none where there is one.
    pub no_link_because: Option<String>,
    /// Whether it is reached by a proxy.
    pub by_proxy: bool,
}

/// How the link to the primary stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    #[default]
    Disconnected,
    /// The primary has welcomed this cluster.
    Connected,
    /// The same, and something came that is not stored yet.
    Syncing,
    /// The same as connected, and nobody there has confirmed yet that it joins.
    Pending,
    /// The primary is too old for this agent.
    PrimaryTooOld,
    /// This agent is too old for the primary.
    AgentTooOld,
    /// The primary is being upgraded, and its replica that was met does not speak
    /// what this agent does.
    UpgradeOngoing,
}

impl Standing {
    /// Whether the link stands.
    pub const fn is_connected(self) -> bool {
        matches!(self, Self::Connected | Self::Syncing | Self::Pending)
    }
}

/// What somebody says who lets this cluster join.
#[derive(Clone, Debug, Default)]
pub struct JoinWish {
    /// The name in the federation; without one its own.
    pub name: Option<ClusterName>,
    /// Host by which the primary is reached, where that of the token is not.
    pub server: Option<String>,
    /// Port there, where that of the token is not.
    pub port: Option<u16>,
    /// The join token.
    pub token: SecretString,
    /// Where this cluster is reached from now on.
    pub rest: Option<(String, u16)>,
}

/// A request to the primary that failed.
#[derive(Clone, Debug, Error)]
#[error("{text}")]
pub struct FederationError {
    /// The code to answer with.
    pub code: Code,
    /// What failed.
    pub text: String,
    /// Whether a join token is to blame.
    pub of_token: bool,
}

/// An answer that is on its way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, FederationError>> + Send + 'a>>;

/// The way to the primary, kept by the program that runs the controller.
pub trait Federation: Debug + Send + Sync {
    /// Whose member this cluster is; none when it is standalone.
    fn membership(&self) -> Option<Membership>;

    /// How this cluster's REST API is reached from outside.
    fn rest_address(&self) -> (String, u16);

    /// Changes that, for a standalone cluster.
    fn set_rest_address(&self, server: String, port: u16);

    /// Whether a proxy is configured.
    fn has_proxy(&self) -> bool;

    /// Joins the federation of a token. When it returns, the cluster is a member.
    /// `name` is the cluster's own.
    fn join(&self, wish: JoinWish, name: ClusterName) -> Pending<'_, Membership>;

    /// Leaves the federation. With `force`, even if the primary does not know. When
    /// it returns, the cluster is standalone.
    fn leave(&self, force: bool) -> Pending<'_, ()>;

    /// The full report on an image (JSON), by the digest of its manifest.
    fn report<'a>(&'a self, image_digest: &'a str) -> Pending<'a, Bytes>;
}
