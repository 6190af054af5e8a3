//! The receiving side of one log, without I/O.
//!
//! [`Replica::receive`] takes frames and stages them; [`Replica::take_work`]
//! gives whole changes, or a whole snapshot, to be stored; what the store says
//! comes back by [`Replica::applied`] or [`Replica::replaced`], and
//! [`Replica::take_reply`] says what the sender has to hear.

use std::collections::{BTreeMap, VecDeque};

use palisade_api::kind::LogId;
use palisade_api::{Epoch, Revision};
use thiserror::Error;

use crate::change::Change;
use crate::digest::SetDigest;
use crate::frame::MAX_ITEM_BYTES;
use crate::item::{Item, ObjectError};
use crate::position::Position;
use crate::store::{Applied, Held, Replacement};
use crate::wire;
use crate::wire::frame::Body;

/// The largest change that is staged.
pub const MAX_CHANGE_BYTES: usize = 64 * 1024 * 1024;

/// The largest snapshot that is staged.
pub const MAX_SNAPSHOT_BYTES: usize = 512 * 1024 * 1024;

/// Whole changes wait for the store up to this size.
pub const MAX_READY_BYTES: usize = 4 * 1024 * 1024;

/// The most errors that one acknowledgement names.
const MAX_ERRORS: usize = 100;

/// What a sender must not send. The connection ends.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// A frame without content, or of a log that was not asked for.
    #[error("a frame of log {0}, which was not asked for")]
    Log(u32),
    /// An empty frame.
    #[error("an empty frame")]
    Empty,
    /// A change that leads backwards, or one with objects from elsewhere.
    #[error("a change from revision {base} to {revision} that cannot be")]
    Change {
        /// Where it begins.
        base: u64,
        /// Where it ends.
        revision: u64,
    },
    /// More than is accepted at once.
    #[error("{what} of more than {limit} bytes")]
    TooLarge {
        /// An object, a change or a snapshot.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A deletion in a snapshot.
    #[error("a deleted object in a snapshot")]
    Tombstone,
}

/// What the store has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Store these changes, in one transaction.
    Apply(Vec<Change>),
    /// Store this in place of everything.
    Replace(Replacement),
}

/// What the sender has to hear.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// What is stored now.
    Ack(wire::Ack),
    /// The log is wanted from its start.
    Resync(LogId),
}

/// The receiving side of one log.
#[derive(Debug)]
pub struct Replica {
    log: LogId,
    knows: fn(u32) -> bool,
    held: Position,
    errors: BTreeMap<(u32, String), ObjectError>,
    /// The revision after all that is received whole.
    expected: Revision,
    staged: Option<Staged>,
    replacement: Option<Replacement>,
    ready: Vec<Change>,
    ready_bytes: usize,
    /// Something is missing: only a snapshot helps.
    lost: bool,
    under_way: Option<UnderWay>,
    replies: VecDeque<Reply>,
}

#[derive(Debug)]
enum Staged {
    Change { change: Change, bytes: usize },
    Snapshot { epoch: Epoch, revision: Revision, items: Vec<Item>, bytes: usize },
}

#[derive(Debug)]
enum UnderWay {
    /// The objects, and whether they are live.
    Apply(Vec<(u32, String, Revision, bool)>),
    Replace(Position, Vec<(u32, String, Revision)>),
}

impl Replica {
    /// Begins a connection with what the store holds. `knows` tells the kinds
    /// that this version puts in force.
    pub fn new(log: LogId, held: Held, knows: fn(u32) -> bool) -> Self {
        let mut replica = Self {
            log,
            knows,
            held: held.position,
            errors: BTreeMap::new(),
            expected: held.position.revision,
            staged: None,
            replacement: None,
            ready: Vec::new(),
            ready_bytes: 0,
            lost: false,
            under_way: None,
            replies: VecDeque::new(),
        };
        replica.remember(held.errors);
        if !replica.errors.is_empty() {
            replica.acknowledge();
        }
        replica
    }

    /// What is stored.
    pub fn held(&self) -> Position {
        self.held
    }

    /// The objects that are stored and not in force.
    pub fn errors(&self) -> impl Iterator<Item = &ObjectError> {
        self.errors.values()
    }

    /// Whether so much waits for the store that nothing more should be received.
    pub fn is_full(&self) -> bool {
        self.ready_bytes >= MAX_READY_BYTES || self.replacement.is_some()
    }

    /// Whether something came, or was asked for, that is not stored yet.
    pub fn is_behind(&self) -> bool {
        self.lost
            || self.staged.is_some()
            || self.replacement.is_some()
            || self.under_way.is_some()
            || !self.ready.is_empty()
    }

    /// Takes a frame of this log.
    pub fn receive(&mut self, frame: Body) -> Result<(), ProtocolError> {
        match frame {
            Body::Batch(batch) => self.batch(batch),
            Body::SnapshotBegin(begin) => {
                self.lost = false;
                self.staged = Some(Staged::Snapshot {
                    epoch: Epoch::from_wire(&begin.epoch),
                    revision: Revision(begin.revision),
                    items: Vec::new(),
                    bytes: 0,
                });
                Ok(())
            }
            Body::SnapshotItems(page) => self.snapshot_items(page),
            Body::SnapshotEnd(end) => {
                self.snapshot_end(&end);
                Ok(())
            }
        }
    }

    /// What the store has to do next. Tell what came of it before asking again.
    pub fn take_work(&mut self) -> Option<Work> {
        if self.under_way.is_some() {
            return None;
        }
        if let Some(replacement) = self.replacement.take() {
            let items = &replacement.items;
            let unknown = items.iter().filter(|item| !(self.knows)(item.kind));
            self.under_way = Some(UnderWay::Replace(
                replacement.position,
                unknown.map(|item| (item.kind, item.name.clone(), item.revision)).collect(),
            ));
            return Some(Work::Replace(replacement));
        }
        if self.ready.is_empty() {
            return None;
        }
        self.ready_bytes = 0;
        let changes = std::mem::take(&mut self.ready);
        let items = changes.iter().flat_map(|change| &change.items);
        self.under_way = Some(UnderWay::Apply(
            items
                .map(|item| (item.kind, item.name.clone(), item.revision, item.payload.is_some()))
                .collect(),
        ));
        Some(Work::Apply(changes))
    }

    /// The changes are stored.
    pub fn applied(&mut self, applied: Applied) {
        if let Some(UnderWay::Apply(items)) = self.under_way.take() {
            for (kind, name, revision, live) in items {
                let key = (kind, name);
                self.errors.remove(&key);
                if live && !(self.knows)(kind) {
                    let error = ObjectError::unsupported(kind, key.1.clone(), revision);
                    self.errors.insert(key, error);
                }
            }
        }
        self.held = applied.position;
        self.remember(applied.errors);
        self.acknowledge();
    }

    /// The snapshot is stored.
    pub fn replaced(&mut self, errors: Vec<ObjectError>) {
        if let Some(UnderWay::Replace(position, unknown)) = self.under_way.take() {
            self.held = position;
            self.errors.clear();
            self.remember(
                unknown
                    .into_iter()
                    .map(|(kind, name, revision)| ObjectError::unsupported(kind, name, revision)),
            );
        }
        self.remember(errors);
        self.acknowledge();
    }

    /// The next thing that the sender has to hear.
    pub fn take_reply(&mut self) -> Option<Reply> {
        self.replies.pop_front()
    }

    fn batch(&mut self, batch: wire::Batch) -> Result<(), ProtocolError> {
        let impossible = ProtocolError::Change { base: batch.base, revision: batch.revision };
        // An object may be older than the change that brings it into view.
        let from_it = |item: &wire::Item| item.revision <= batch.revision;
        if batch.revision <= batch.base || !batch.items.iter().all(from_it) {
            return Err(impossible);
        }
        if self.lost || batch.revision <= self.expected.0 {
            return Ok(());
        }
        let partial = batch.partial;
        let part = Change::from(batch);
        let part_bytes = check_items(&part.items)?;
        let (change, bytes) = match self.staged.take() {
            Some(Staged::Change { mut change, bytes })
                if change.base == part.base && change.revision == part.revision =>
            {
                change.items.extend(part.items);
                (change, bytes + part_bytes)
            }
            // The rest of another change, or of a snapshot, is missing.
            Some(_) => {
                self.lose();
                return Ok(());
            }
            None if part.base != self.expected => {
                self.lose();
                return Ok(());
            }
            None => (part, part_bytes),
        };
        if bytes > MAX_CHANGE_BYTES {
            return Err(ProtocolError::TooLarge { what: "a change", limit: MAX_CHANGE_BYTES });
        }
        if partial {
            self.staged = Some(Staged::Change { change, bytes });
        } else {
            self.expected = change.revision;
            self.ready.push(change);
            self.ready_bytes += bytes;
        }
        Ok(())
    }

    fn snapshot_items(&mut self, page: wire::SnapshotItems) -> Result<(), ProtocolError> {
        let Some(Staged::Snapshot { items, bytes, .. }) = &mut self.staged else {
            self.lose();
            return Ok(());
        };
        let page: Vec<Item> = page.items.into_iter().map(Into::into).collect();
        *bytes += check_items(&page)?;
        if *bytes > MAX_SNAPSHOT_BYTES {
            return Err(ProtocolError::TooLarge { what: "a snapshot", limit: MAX_SNAPSHOT_BYTES });
        }
        if page.iter().any(|item| item.payload.is_none()) {
            return Err(ProtocolError::Tombstone);
        }
        items.extend(page);
        Ok(())
    }

    fn snapshot_end(&mut self, end: &wire::SnapshotEnd) {
        let Some(Staged::Snapshot { epoch, revision, items, .. }) = self.staged.take() else {
            self.lose();
            return;
        };
        let digest = SetDigest::of(&items);
        if SetDigest::try_from(end.digest.as_ref()) != Ok(digest) {
            self.lose();
            return;
        }
        // What was ready before it is part of it.
        self.ready.clear();
        self.ready_bytes = 0;
        self.expected = revision;
        self.replacement =
            Some(Replacement { position: Position { epoch, revision, digest }, items });
    }

    /// Asks for a snapshot, once, and ignores everything until it begins.
    fn lose(&mut self) {
        self.staged = None;
        if !self.lost {
            self.lost = true;
            self.replies.push_back(Reply::Resync(self.log));
        }
    }

    fn remember(&mut self, errors: impl IntoIterator<Item = ObjectError>) {
        self.errors
            .extend(errors.into_iter().map(|error| ((error.kind, error.name.clone()), error)));
    }

    fn acknowledge(&mut self) {
        let errors = self.errors.values().take(MAX_ERRORS).cloned().map(Into::into).collect();
        let position = Some(self.held.to_wire(self.log));
        self.replies.push_back(Reply::Ack(wire::Ack { position, errors }));
    }
}

fn check_items(items: &[Item]) -> Result<usize, ProtocolError> {
    let mut bytes = 0;
    for item in items {
        let size = item.size();
        if size > MAX_ITEM_BYTES {
            return Err(ProtocolError::TooLarge { what: "an object", limit: MAX_ITEM_BYTES });
        }
        bytes += size;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
