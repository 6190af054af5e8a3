//! Positions in a log of changes.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The number of one change to a log; the first change is 1.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    /// Before the first change.
    pub const ZERO: Self = Self(0);

    /// The revision of the next change.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One life of a log. Revisions of different epochs cannot be compared: a
/// primary restored from a backup starts a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub Uuid);

impl Epoch {
    /// What a replica holds before its first contact.
    pub const NONE: Self = Self(Uuid::nil());

    /// Reads the wire form; anything but 16 bytes counts as none.
    pub fn from_wire(bytes: &[u8]) -> Self {
        Uuid::from_slice(bytes).map_or(Self::NONE, Self)
    }
}
