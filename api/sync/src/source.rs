//! What the sending side provides.

use std::error::Error;
use std::future::Future;

use palisade_api::kind::LogId;
use palisade_api::{ClusterId, Epoch, Revision};

use crate::audience::{Hidden, Part};
use crate::change::Change;
use crate::digest::SetDigest;
use crate::item::Item;
use crate::position::{Head, Position};

/// Where the logs are kept.
pub trait Source: Send + Sync + 'static {
    /// Why the logs cannot be read now. Readers try again.
    type Error: Error + Send + Sync + 'static;
    /// A snapshot that is being read.
    type Snapshot: SnapshotReader<Error = Self::Error>;

    /// How far the log has come.
    fn head(&self, log: LogId) -> impl Future<Output = Result<Head, Self::Error>> + Send;

    /// At most `limit` changes after the revision `after`, in commit order and
    /// without a gap.
    fn changes(
        &self,
        log: LogId,
        after: Revision,
        limit: u32,
    ) -> impl Future<Output = Result<Changes, Self::Error>> + Send;

    /// What `member` is not shown of the log now.
    fn hidden(
        &self,
        log: LogId,
        member: ClusterId,
    ) -> impl Future<Output = Result<Hidden, Self::Error>> + Send;

    /// Begins to read, at one revision, all live objects that `member` is shown.
    fn snapshot(
        &self,
        log: LogId,
        member: ClusterId,
    ) -> impl Future<Output = Result<Self::Snapshot, Self::Error>> + Send;
}

/// A committed change and the state that it led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRecord {
    /// What of it concerns everybody alike.
    pub change: Change,
    /// Digest of the set of all live objects after it.
    pub digest: SetDigest,
    /// What of it concerns only some.
    pub parts: Vec<Part>,
}

/// The changes after a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// The next ones.
    Next {
        /// The life of the log that they belong to, read together with them.
        epoch: Epoch,
        /// None at the head of the log.
        records: Vec<ChangeRecord>,
    },
    /// Some are compacted away, or the revision lies beyond the head.
    Unreachable,
}

/// Reads a snapshot page by page. Dropping it ends the reading.
pub trait SnapshotReader: Send {
    /// Why the next page cannot be read.
    type Error: Error + Send + Sync + 'static;

    /// The state that all pages together are.
    fn position(&self) -> Position;

    /// The digest of what is not in them: the log has it, and the member is not
    /// shown it.
    fn hidden(&self) -> SetDigest;

    /// The next live objects, in any order; none after the last page.
    fn next_page(&mut self) -> impl Future<Output = Result<Option<Vec<Item>>, Self::Error>> + Send;
}
