//! The newest changes of a log, encoded, shared by all streams.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use palisade_api::Revision;
use palisade_api::kind::LogId;
use tokio::sync::watch;

use crate::digest::SetDigest;
use crate::frame::EncodedChange;
use crate::position::Position;

/// The memory that a ring takes unless told otherwise.
pub const RING_BYTES: usize = 64 * 1024 * 1024;

/// The newest changes of a log up to a bound of memory. Streams keep only the
/// revision that they sent, and come here for the next.
#[derive(Debug)]
pub struct Ring<M> {
    log: LogId,
    capacity: usize,
    changes: Mutex<Changes<M>>,
    head: watch::Sender<Option<Position>>,
}

#[derive(Debug)]
struct Changes<M> {
    /// Without a gap, and ending at the head.
    newest: VecDeque<Arc<EncodedChange<M>>>,
    bytes: usize,
    /// The newest change that did not concern everybody alike, whether it is
    /// still held or not.
    targeted: Revision,
}

/// What follows a revision.
#[derive(Debug)]
pub enum Next<M> {
    /// Nothing: it is the head.
    Head,
    /// This change.
    Change(Arc<EncodedChange<M>>),
    /// Something that the ring does not hold.
    Elsewhere,
}

/// A change that does not follow the head of the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a change after revision {base} does not follow the head of the ring")]
pub struct OutOfOrder {
    /// The revision that the change follows.
    pub base: Revision,
}

impl<M> Ring<M> {
    /// An empty ring of at most `capacity` bytes, whose head is not known yet.
    pub fn new(log: LogId, capacity: usize) -> Self {
        Self {
            log,
            capacity,
            changes: Mutex::new(Changes {
                newest: VecDeque::new(),
                bytes: 0,
                targeted: Revision::ZERO,
            }),
            head: watch::Sender::new(None),
        }
    }

    /// Bytes at most.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The log that it holds changes of.
    pub fn log(&self) -> LogId {
        self.log
    }

    /// The newest state; none before the log was read for the first time.
    pub fn head(&self) -> Option<Position> {
        *self.head.borrow()
    }

    /// Tells of each new head. Intermediate ones may be missed.
    pub fn subscribe(&self) -> watch::Receiver<Option<Position>> {
        self.head.subscribe()
    }

    /// The newest change up to the head that did not concern everybody alike.
    pub fn targeted(&self) -> Revision {
        self.lock().targeted
    }

    /// Forgets all changes and begins anew at `position`, up to which `targeted`
    /// is the newest change that did not concern everybody alike.
    pub fn reset(&self, position: Position, targeted: Revision) {
        let mut changes = self.lock();
        changes.newest.clear();
        changes.bytes = 0;
        changes.targeted = targeted;
        self.head.send_replace(Some(position));
    }

    /// Forgets all changes and begins anew with `changes`, which follow each
    /// other and of which there is at least one; `targeted` as for
    /// [`Self::reset`].
    pub fn begin(&self, changes: Vec<EncodedChange<M>>, targeted: Revision) {
        let Some(last) = changes.last().map(|change| change.position) else { return };
        let mut held = self.lock();
        held.targeted = targeted;
        held.bytes = changes.iter().map(|change| change.size).sum();
        held.newest = changes.into_iter().map(Arc::new).collect();
        held.shrink(self.capacity);
        self.head.send_replace(Some(last));
    }

    /// Appends the change that follows the head. Makes room by dropping the
    /// oldest ones.
    pub fn push(&self, change: EncodedChange<M>) -> Result<(), OutOfOrder> {
        let mut changes = self.lock();
        let follows = self.head().is_some_and(|head| {
            head.epoch == change.position.epoch && head.revision == change.base
        });
        if !follows {
            return Err(OutOfOrder { base: change.base });
        }
        let position = change.position;
        if change.is_targeted() {
            changes.targeted = position.revision;
        }
        changes.bytes += change.size;
        changes.newest.push_back(Arc::new(change));
        changes.shrink(self.capacity);
        self.head.send_replace(Some(position));
        Ok(())
    }

    /// What follows the revision `after`.
    pub fn next(&self, after: Revision) -> Next<M> {
        let changes = self.lock();
        if self.head().is_some_and(|head| head.revision == after) {
            return Next::Head;
        }
        let index = changes.newest.partition_point(|change| change.base < after);
        match changes.newest.get(index) {
            Some(change) if change.base == after => Next::Change(Arc::clone(change)),
            _ => Next::Elsewhere,
        }
    }

    /// The digest of the set at `revision`, where it is known.
    pub fn digest_at(&self, revision: Revision) -> Option<SetDigest> {
        let changes = self.lock();
        if let Some(head) = self.head().filter(|head| head.revision == revision) {
            return Some(head.digest);
        }
        let index = changes.newest.partition_point(|change| change.position.revision < revision);
        let position = changes.newest.get(index)?.position;
        (position.revision == revision).then_some(position.digest)
    }

    /// The memory that the held changes take.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, Changes<M>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M> Changes<M> {
    fn shrink(&mut self, capacity: usize) {
        while self.bytes > capacity {
            let Some(oldest) = self.newest.pop_front() else { break };
            self.bytes -= oldest.size;
        }
    }
}

#[cfg(test)]
mod tests {
    use palisade_api::{ClusterId, Epoch};
    use uuid::Uuid;

    use super::*;
    use crate::audience::{Audience, Part};
    use crate::change::Change;
    use crate::frame::Envelope;
    use crate::source::ChangeRecord;
    use crate::wire;

    const EPOCH: Epoch = Epoch::NONE;
    const LOG: LogId = LogId::Federation;

    /// Frames of ten bytes.
    struct Ten;

    impl Envelope for Ten {
        type Message = Arc<wire::Frame>;

        fn wrap(frame: wire::Frame) -> Self::Message {
            Arc::new(frame)
        }

        fn size(_: &Self::Message) -> usize {
            10
        }
    }

    type TestRing = Ring<Arc<wire::Frame>>;

    fn position(revision: u64) -> Position {
        let digest = SetDigest::try_from([revision as u8; 32].as_slice()).unwrap();
        Position { epoch: EPOCH, revision: Revision(revision), digest }
    }

    fn record(revision: u64, parts: Vec<Part>) -> ChangeRecord {
        let change = Change {
            base: Revision(revision - 1),
            revision: Revision(revision),
            items: Vec::new(),
        };
        ChangeRecord { change, digest: position(revision).digest, parts }
    }

    fn change(revision: u64) -> EncodedChange<Arc<wire::Frame>> {
        EncodedChange::new::<Ten>(LOG, EPOCH, record(revision, Vec::new()))
    }

    fn filled(changes: usize, revisions: u64) -> TestRing {
        let ring = Ring::new(LOG, changes * change(1).size + 5);
        ring.reset(position(0), Revision::ZERO);
        for revision in 1..=revisions {
            ring.push(change(revision)).unwrap();
        }
        ring
    }

    #[test]
    fn it_drops_the_oldest_changes() {
        let ring = filled(3, 5);
        assert_eq!(ring.bytes(), 3 * change(1).size);
        assert!(matches!(ring.next(Revision(1)), Next::Elsewhere));
        assert!(matches!(ring.next(Revision(2)), Next::Change(c) if c.position == position(3)));
        assert!(matches!(ring.next(Revision(5)), Next::Head));
        assert!(matches!(ring.next(Revision(6)), Next::Elsewhere));
        assert_eq!(ring.digest_at(Revision(2)), None);
        assert_eq!(ring.digest_at(Revision(3)), Some(position(3).digest));
    }

    #[test]
    fn a_change_larger_than_the_ring_moves_the_head_all_the_same() {
        let ring = filled(0, 2);
        assert_eq!(ring.head(), Some(position(2)));
        assert!(matches!(ring.next(Revision(1)), Next::Elsewhere));
    }

    #[test]
    fn it_takes_no_change_out_of_order() {
        let ring = filled(10, 2);
        assert_eq!(ring.push(change(4)), Err(OutOfOrder { base: Revision(3) }));
        assert_eq!(ring.push(change(2)), Err(OutOfOrder { base: Revision(1) }));
        assert_eq!(ring.head(), Some(position(2)));
    }

    #[test]
    fn it_remembers_the_newest_change_that_was_not_for_all() {
        let ring = filled(1, 2);
        assert_eq!(ring.targeted(), Revision::ZERO);
        let audience = Audience::only([ClusterId::from_uuid(Uuid::from_u128(1))]);
        let part = Part { audience, items: Vec::new(), hidden: SetDigest::EMPTY };
        let targeted = EncodedChange::new::<Ten>(LOG, EPOCH, record(3, vec![part]));
        ring.push(targeted).unwrap();
        ring.push(change(4)).unwrap();
        assert_eq!(ring.targeted(), Revision(3));
        ring.reset(position(4), Revision::ZERO);
        assert_eq!(ring.targeted(), Revision::ZERO);
    }
}
