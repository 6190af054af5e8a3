//! The sending side of one log on one stream, without I/O.
//!
//! Feed it what the receiver says ([`Sender::ack`], [`Sender::resync`]) and
//! what was read for it ([`Sender::fetched`], [`Sender::begin_snapshot`]), and
//! [`Sender::poll`] says what to do next. It keeps one position and at most
//! the one change or snapshot that is under way, so that a slow receiver costs
//! nobody else anything.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use palisade_api::Revision;

use crate::frame::{EncodedChange, EncodedSnapshot};
use crate::position::Position;
use crate::ring::{Next, Ring};

/// A receiver that is behind and neither acknowledges nor takes anything for
/// so long is disconnected.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The pause after a snapshot before the receiver may be sent another one; it
/// doubles with each snapshot that did not help.
const SNAPSHOT_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_SNAPSHOT_PAUSE: Duration = Duration::from_mins(5);

/// What to do next.
#[derive(Debug)]
pub enum Step<M> {
    /// Send this message.
    Frame(M),
    /// Read the changes after this revision from the source.
    Fetch(Revision),
    /// Read a snapshot from the source, not older than this revision.
    Snapshot(Revision),
    /// Nothing until the head moves, the receiver speaks, or the given moment.
    Wait(Option<Instant>),
}

/// Why a receiver needs a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its revision belongs to another epoch.
    Epoch,
    /// The log is compacted past its revision, or never came so far.
    Unreachable,
    /// Its set differs from ours at the same revision.
    Digest,
    /// It asked.
    Requested,
}

/// What an acknowledgement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledged {
    /// The receiver holds exactly our set at the newest revision sent to it.
    Synced,
    /// It holds an older state.
    Behind,
    /// Its set differs from ours: a snapshot follows.
    Differs,
    /// It was about something else, for example a former epoch.
    Stale,
}

/// The sending side of one log on one stream.
#[derive(Debug)]
pub struct Sender<M> {
    /// What the receiver holds once it has applied all that was sent.
    sent: Position,
    acked: Position,
    /// The acknowledged digest was compared with ours, and is equal.
    verified: bool,
    /// What the receiver named at first was compared with the head.
    greeted: bool,
    outgoing: Option<Outgoing<M>>,
    fetched: VecDeque<Arc<EncodedChange<M>>>,
    need: Option<Reason>,
    snapshots: u32,
    no_snapshot_before: Option<Instant>,
    /// Waits for the source: not the receiver's fault.
    reading: bool,
    progress_at: Instant,
}

#[derive(Debug)]
enum Outgoing<M> {
    Change(Arc<EncodedChange<M>>, usize),
    Snapshot(Arc<EncodedSnapshot<M>>, usize),
}

impl<M: Clone> Sender<M> {
    /// Begins with a receiver that says that it holds `held`.
    pub fn new(held: Position, now: Instant) -> Self {
        Self {
            sent: held,
            acked: held,
            verified: false,
            greeted: false,
            outgoing: None,
            fetched: VecDeque::new(),
            need: None,
            snapshots: 0,
            no_snapshot_before: None,
            reading: false,
            progress_at: now,
        }
    }

    /// What the receiver holds once it has applied all that was sent.
    pub fn sent(&self) -> Position {
        self.sent
    }

    /// What the receiver last said that it holds.
    pub fn acked(&self) -> Position {
        self.acked
    }

    /// Whether the acknowledged state is known to equal ours at its revision.
    pub fn verified(&self) -> bool {
        self.verified
    }

    /// Why a snapshot is due, where one is.
    pub fn need(&self) -> Option<Reason> {
        self.need
    }

    /// Whether a snapshot is being sent.
    pub fn in_snapshot(&self) -> bool {
        matches!(self.outgoing, Some(Outgoing::Snapshot(..)))
    }

    /// What to do next.
    pub fn poll(&mut self, ring: &Ring<M>, now: Instant) -> Step<M> {
        if let Some(frame) = self.next_frame(now) {
            return Step::Frame(frame);
        }
        let Some(head) = ring.head() else { return Step::Wait(None) };
        self.compare(ring, head);
        let mut until = None;
        if let Some(reason) = self.need {
            until = self.no_snapshot_before.filter(|moment| *moment > now);
            if until.is_none() {
                self.reading = true;
                let at_least = match reason {
                    Reason::Epoch => Revision::ZERO,
                    // What it has is of no use, even if others are sent it.
                    Reason::Unreachable => self.sent.revision.next(),
                    Reason::Digest | Reason::Requested => self.sent.revision,
                };
                return Step::Snapshot(at_least.min(head.revision));
            }
            // Whoever differs can still follow; everybody else cannot.
            if reason != Reason::Digest {
                return Step::Wait(until);
            }
        }
        if self.sent.revision == head.revision {
            return Step::Wait(until);
        }
        let change = match ring.next(self.sent.revision) {
            Next::Head => return Step::Wait(until),
            Next::Change(change) => {
                self.fetched.clear();
                change
            }
            Next::Elsewhere => {
                let Some(change) = self.next_fetched(head) else {
                    self.reading = true;
                    return Step::Fetch(self.sent.revision);
                };
                change
            }
        };
        self.begin(Outgoing::Change(change, 0), now);
        self.next_frame(now).map_or(Step::Wait(until), Step::Frame)
    }

    /// Takes the changes after what was sent, as read from the source; there
    /// may be none when the ring has caught up meanwhile. No list when the source cannot say what followed: a snapshot is due.
    pub fn fetched(&mut self, changes: Option<Vec<Arc<EncodedChange<M>>>>) {
        self.reading = false;
        match changes {
            Some(changes) => self.fetched = changes.into(),
            None => self.need = Some(Reason::Unreachable),
        }
    }

    /// Takes the snapshot that was asked for, and sends it next.
    pub fn begin_snapshot(&mut self, snapshot: Arc<EncodedSnapshot<M>>, now: Instant) {
        self.reading = false;
        self.need = None;
        self.greeted = true;
        self.verified = false;
        self.fetched.clear();
        self.pause_snapshots(now);
        self.snapshots += 1;
        self.begin(Outgoing::Snapshot(snapshot, 0), now);
    }

    /// Hears what the receiver holds.
    pub fn ack(&mut self, held: Position, ring: &Ring<M>, now: Instant) -> Acknowledged {
        if held.epoch != self.sent.epoch || held.revision > self.sent.revision {
            return Acknowledged::Stale;
        }
        if held.revision > self.acked.revision || held.revision == self.sent.revision {
            self.progress_at = now;
        }
        let newest = held.revision == self.sent.revision;
        let expected = if newest {
            Some(self.sent.digest)
        } else if ring.head().is_some_and(|head| head.epoch == held.epoch) {
            ring.digest_at(held.revision)
        } else {
            None
        };
        self.acked = held;
        self.verified = expected == Some(held.digest);
        if self.verified {
            self.snapshots = 0;
            self.no_snapshot_before = None;
            if self.need == Some(Reason::Digest) {
                self.need = None;
            }
            return if newest { Acknowledged::Synced } else { Acknowledged::Behind };
        }
        if expected.is_none() {
            return Acknowledged::Behind;
        }
        // What it says while a snapshot is under way is about the time before.
        if !self.in_snapshot() {
            self.need = self.need.or(Some(Reason::Digest));
        }
        Acknowledged::Differs
    }

    /// Hears that the receiver wants everything again.
    pub fn resync(&mut self) {
        self.need = Some(Reason::Requested);
        self.outgoing = None;
        self.fetched.clear();
        self.verified = false;
    }

    /// Whether the receiver has to be disconnected: it is behind, and neither
    /// acknowledged nor took anything for [`PATIENCE`]. Ask every few seconds.
    pub fn overdue(&mut self, ring: &Ring<M>, now: Instant) -> bool {
        let behind = self.outgoing.is_some()
            || self.acked.revision != self.sent.revision
            || self.acked.epoch != self.sent.epoch
            || ring.head().is_some_and(|head| head.revision != self.sent.revision);
        let paused = self.no_snapshot_before.is_some_and(|moment| moment > now);
        if !behind || self.reading || (self.need.is_some() && paused) {
            self.progress_at = now;
        }
        now.duration_since(self.progress_at) >= PATIENCE
    }

    fn compare(&mut self, ring: &Ring<M>, head: Position) {
        if self.sent.epoch != head.epoch {
            self.need = Some(Reason::Epoch);
        } else if !self.greeted && self.sent.revision <= head.revision {
            self.greeted = true;
            match ring.digest_at(self.sent.revision) {
                Some(digest) if digest == self.sent.digest => self.verified = true,
                Some(_) => self.need = self.need.or(Some(Reason::Digest)),
                // Its set is compared when it has caught up.
                None => {}
            }
        }
    }

    fn next_fetched(&mut self, head: Position) -> Option<Arc<EncodedChange<M>>> {
        let change = self.fetched.pop_front()?;
        if change.base == self.sent.revision && change.position.epoch == head.epoch {
            return Some(change);
        }
        self.fetched.clear();
        None
    }

    fn begin(&mut self, outgoing: Outgoing<M>, now: Instant) {
        if self.acked.revision == self.sent.revision {
            self.progress_at = now;
        }
        self.outgoing = Some(outgoing);
    }

    fn next_frame(&mut self, now: Instant) -> Option<M> {
        let (frame, done) = match self.outgoing.as_mut()? {
            Outgoing::Change(change, next) => {
                let frame = change.frames.get(*next)?.clone();
                *next += 1;
                (frame, (*next == change.frames.len()).then_some(change.position))
            }
            Outgoing::Snapshot(snapshot, next) => {
                self.progress_at = now;
                let frame = snapshot.frames.get(*next)?.clone();
                *next += 1;
                (frame, (*next == snapshot.frames.len()).then_some(snapshot.position))
            }
        };
        if let Some(position) = done {
            if self.in_snapshot() {
                self.pause_snapshots(now);
            }
            self.sent = position;
            self.outgoing = None;
        }
        Some(frame)
    }

    fn pause_snapshots(&mut self, now: Instant) {
        let doubled = SNAPSHOT_PAUSE.saturating_mul(1 << self.snapshots.min(6));
        self.no_snapshot_before = Some(now + doubled.min(LONGEST_SNAPSHOT_PAUSE));
    }
}
