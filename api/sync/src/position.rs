//! How far a log, or a replica of it, has come.

use bytes::Bytes;
use palisade_api::kind::LogId;
use palisade_api::{Epoch, Revision};

use crate::digest::SetDigest;
use crate::wire;

/// A state of the set of live objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The life of the log that the revision belongs to.
    pub epoch: Epoch,
    /// The newest change in the set.
    pub revision: Revision,
    /// Digest of the set.
    pub digest: SetDigest,
}

impl Position {
    /// What a replica holds before its first contact: nothing.
    pub const NONE: Self =
        Self { epoch: Epoch::NONE, revision: Revision::ZERO, digest: SetDigest::EMPTY };

    /// The message that names the position in `log`.
    pub fn to_wire(&self, log: LogId) -> wire::Position {
        wire::Position {
            log: log.number(),
            epoch: Bytes::copy_from_slice(self.epoch.0.as_bytes()),
            revision: self.revision.0,
            digest: Bytes::copy_from_slice(&self.digest.to_bytes()),
        }
    }

    /// Reads a message. A digest that is not one counts as that of nothing, so
    /// that its owner gets a snapshot.
    pub fn from_wire(position: &wire::Position) -> Self {
        Self {
            epoch: Epoch::from_wire(&position.epoch),
            revision: Revision(position.revision),
            digest: SetDigest::try_from(position.digest.as_ref()).unwrap_or(SetDigest::EMPTY),
        }
    }
}

/// How far a log has come on the side that owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The newest state.
    pub position: Position,
    /// Changes up to and including this revision are compacted away.
    pub floor: Revision,
    /// The newest change that did not concern everybody alike; zero where there
    /// was none.
    pub targeted: Revision,
}
