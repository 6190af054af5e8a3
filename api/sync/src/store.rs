//! What the receiving side provides.

use std::error::Error;
use std::future::Future;

use palisade_api::kind::LogId;

use crate::change::Change;
use crate::item::{Item, ObjectError};
use crate::position::Position;

/// Where a replica keeps what it received.
///
/// Objects of kinds that it does not know are stored like all others.
pub trait ReplicaStore: Send + Sync + 'static {
    /// Why the store cannot be used. The connection ends and is tried again.
    type Error: Error + Send + Sync + 'static;

    /// What is held of the log; [`Position::NONE`] before the first contact.
    /// The digest may be the stored one; a store that computes it anew, which
    /// finds damage, goes on from the computed one.
    fn held(&self, log: LogId) -> impl Future<Output = Result<Held, Self::Error>> + Send;

    /// Stores `changes` in order, all of them in one local transaction together
    /// with the new revision and digest, durably before it returns. The first
    /// one's `base` is the held revision. The digest is kept up with
    /// [`SetDigest::replace`](crate::SetDigest::replace) from what is really
    /// stored, so that corruption shows.
    fn apply(
        &self,
        log: LogId,
        changes: Vec<Change>,
    ) -> impl Future<Output = Result<Applied, Self::Error>> + Send;

    /// Drops all objects of the log and stores those of `replacement` with its
    /// position, in one local transaction, durably before it returns. Returns
    /// those of its objects that could not be put in force.
    fn replace(
        &self,
        log: LogId,
        replacement: Replacement,
    ) -> impl Future<Output = Result<Vec<ObjectError>, Self::Error>> + Send;
}

/// What a replica holds of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The state.
    pub position: Position,
    /// The objects in it that are not in force, those of unknown kinds included.
    pub errors: Vec<ObjectError>,
}

/// What [`ReplicaStore::apply`] led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The state now held.
    pub position: Position,
    /// Objects of the applied changes that could not be put in force. Those of
    /// unknown kinds may be left out: they are added by the caller.
    pub errors: Vec<ObjectError>,
}

/// A whole set. Its objects have been checked against the digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The state that it is.
    pub position: Position,
    /// All its objects; none is a tombstone.
    pub items: Vec<Item>,
}
