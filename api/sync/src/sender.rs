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

use palisade_api::{ClusterId, Revision};

use crate::audience::Hidden;
use crate::digest::SetDigest;
use crate::frame::{EncodedChange, EncodedSnapshot, Frames};
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
    /// Read from the source what the receiver is not shown.
    Hidden,
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
    /// Objects came into its view that are older than what it holds, and its
    /// version does not take them one by one.
    Moved,
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

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// The member whose view of the log is sent.
    pub member: ClusterId,
    /// Whether it takes objects that are older than the change that brings them
    /// into view.
    pub takes_older: bool,
}

/// The sending side of one log on one stream.
#[derive(Debug)]
pub struct Sender<M> {
    subscriber: Subscriber,
    /// What the receiver holds once it has applied all that was sent.
    sent: Position,
    /// No change after what was sent and up to this revision concerns it.
    current: Revision,
    /// What it is not shown at `current`, where that is not before `since`.
    hidden: Option<Hidden>,
    /// The digest in `sent` is the one that we expect, not the one that the
    /// receiver named.
    expected: bool,
    acked: Position,
    /// The acknowledged digest was compared with ours, and is equal.
    verified: bool,
    outgoing: Option<Outgoing<M>>,
    fetched: VecDeque<Arc<EncodedChange<M>>>,
    need: Option<Reason>,
    snapshots: u32,
    no_snapshot_before: Option<Instant>,
    /// Waits for the source: not the receiver's fault.
    reading: bool,
    progress_at: Instant,
}

/// A change or a snapshot that is under way.
#[derive(Debug)]
struct Outgoing<M> {
    frames: Frames<M>,
    next: usize,
    /// The state that it leads to, and whether its digest is known.
    position: Position,
    expected: bool,
    is_snapshot: bool,
}

impl<M: Clone + Send + Sync + 'static> Sender<M> {
    /// Begins with a receiver that says that it holds `held`.
    pub fn new(subscriber: Subscriber, held: Position, now: Instant) -> Self {
        Self {
            subscriber,
            sent: held,
            current: held.revision,
            hidden: None,
            expected: false,
            acked: held,
            verified: false,
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

    /// The revision up to which the receiver says to hold all that concerns it.
    pub fn caught_up(&self) -> Revision {
        if self.acked.revision == self.sent.revision && self.acked.epoch == self.sent.epoch {
            self.current
        } else {
            self.acked.revision
        }
    }

    /// Whether the receiver holds exactly what it is to be shown at `head`.
    pub fn synced(&self, head: Position) -> bool {
        self.verified
            && self.need.is_none()
            && self.acked.epoch == head.epoch
            && self.caught_up() == head.revision
    }

    /// Why a snapshot is due, where one is.
    pub fn need(&self) -> Option<Reason> {
        self.need
    }

    /// Whether a change or a snapshot is being sent.
    pub fn is_sending(&self) -> bool {
        self.outgoing.is_some()
    }

    /// Whether a snapshot is being sent.
    pub fn in_snapshot(&self) -> bool {
        self.outgoing.as_ref().is_some_and(|outgoing| outgoing.is_snapshot)
    }

    /// What to do next.
    pub fn poll(&mut self, ring: &Ring<M>, now: Instant) -> Step<M> {
        loop {
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
                        Reason::Unreachable => self.current.next(),
                        Reason::Digest | Reason::Requested | Reason::Moved => self.current,
                    };
                    return Step::Snapshot(at_least.min(head.revision));
                }
                // Whoever differs can still follow; everybody else cannot.
                if reason != Reason::Digest {
                    return Step::Wait(until);
                }
            }
            if self.hidden.is_none() {
                self.reading = true;
                return Step::Hidden;
            }
            if self.current == head.revision {
                return Step::Wait(until);
            }
            let change = match ring.next(self.current) {
                Next::Head => return Step::Wait(until),
                Next::Change(change) => {
                    self.fetched.clear();
                    change
                }
                Next::Elsewhere => {
                    let Some(change) = self.next_fetched(head) else {
                        self.reading = true;
                        return Step::Fetch(self.current);
                    };
                    change
                }
            };
            if let Some(frame) = self.deliver(&change, now) {
                return Step::Frame(frame);
            }
        }
    }

    /// Takes up what the receiver is shown of the next change. What does not
    /// concern it is passed over without a word; before the next change that
    /// does, it is told so.
    fn deliver(&mut self, change: &EncodedChange<M>, now: Instant) -> Option<M> {
        let delivery = change.delivery(self.subscriber.member);
        let revision = change.position.revision;
        if let Some(hidden) = &mut self.hidden
            && change.is_targeted()
            && revision > hidden.since
        {
            *hidden = Hidden { since: revision, digest: hidden.digest.plus(delivery.hidden) };
        }
        let Some(frames) = delivery.frames else {
            self.current = revision;
            return None;
        };
        if delivery.brings_older && !self.subscriber.takes_older {
            self.current = revision;
            self.need = Some(Reason::Moved);
            return None;
        }
        let hidden = self.hidden.filter(|hidden| hidden.since <= revision);
        let digest = hidden.map_or(self.sent.digest, |h| change.position.digest.less(h.digest));
        let held = self.sent.revision;
        self.begin(
            Outgoing {
                frames,
                next: 0,
                position: Position { digest, ..change.position },
                expected: hidden.is_some(),
                is_snapshot: false,
            },
            now,
        );
        // With the word that nothing concerned it, it holds the same at `base`.
        self.sent.revision = change.base;
        if held == change.base { self.next_frame(now) } else { Some(change.skip(held)) }
    }

    /// Takes the changes after what was sent, as read from the source; there
    /// may be none when the ring has caught up meanwhile. No list when the
    /// source cannot say what followed: a snapshot is due.
    pub fn fetched(&mut self, changes: Option<Vec<Arc<EncodedChange<M>>>>) {
        self.reading = false;
        match changes {
            Some(changes) => self.fetched = changes.into(),
            None => self.need = Some(Reason::Unreachable),
        }
    }

    /// Takes what the receiver is not shown, as read from the source.
    pub fn set_hidden(&mut self, hidden: Hidden) {
        self.reading = false;
        self.hidden = Some(hidden);
    }

    /// Takes the snapshot that was asked for, and sends it next.
    pub fn begin_snapshot(&mut self, snapshot: &Arc<EncodedSnapshot<M>>, now: Instant) {
        self.reading = false;
        self.need = None;
        self.verified = false;
        self.fetched.clear();
        self.pause_snapshots(now);
        self.snapshots += 1;
        let position = snapshot.position;
        self.hidden = Some(Hidden { since: position.revision, digest: snapshot.hidden });
        let frames = Arc::clone(&snapshot.frames);
        self.begin(Outgoing { frames, next: 0, position, expected: true, is_snapshot: true }, now);
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
        if newest && !self.expected {
            self.sent.digest = held.digest;
        }
        let expected = if newest && self.expected {
            Some(self.sent.digest)
        } else if newest {
            self.view_at(ring, self.current)
        } else if ring.head().is_some_and(|head| head.epoch == held.epoch) {
            self.view_at(ring, held.revision)
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
            || ring.head().is_some_and(|head| head.revision != self.current);
        let paused = self.no_snapshot_before.is_some_and(|moment| moment > now);
        if !behind || self.reading || (self.need.is_some() && paused) {
            self.progress_at = now;
        }
        now.duration_since(self.progress_at) >= PATIENCE
    }

    /// The digest of what the receiver is to be shown at `revision`, where it
    /// is known.
    fn view_at(&self, ring: &Ring<M>, revision: Revision) -> Option<SetDigest> {
        let hidden = self.hidden.filter(|hidden| hidden.since <= revision)?;
        Some(ring.digest_at(revision)?.less(hidden.digest))
    }

    fn compare(&mut self, ring: &Ring<M>, head: Position) {
        if self.sent.epoch != head.epoch {
            self.need = Some(Reason::Epoch);
            return;
        }
        if self.hidden.is_none()
            && self.current <= head.revision
            && ring.targeted() == Revision::ZERO
        {
            self.hidden = Some(Hidden::NOTHING);
        }
        if self.expected || self.acked.revision != self.sent.revision {
            return;
        }
        // An equal set is an equal set, whatever revision it was reached by.
        let hidden = self
            .hidden
            .filter(|hidden| hidden.since <= head.revision && ring.targeted() <= hidden.since);
        if hidden.is_some_and(|hidden| head.digest.less(hidden.digest) == self.sent.digest)
            && self.current <= head.revision
        {
            self.current = head.revision;
            self.expected = true;
            self.verified = true;
            return;
        }
        if self.current <= head.revision
            && let Some(digest) = self.view_at(ring, self.current)
        {
            self.expected = true;
            self.verified = digest == self.sent.digest;
            if !self.verified {
                self.need = self.need.or(Some(Reason::Digest));
            }
            // Otherwise its set is compared when it has caught up.
        }
    }

    fn next_fetched(&mut self, head: Position) -> Option<Arc<EncodedChange<M>>> {
        let change = self.fetched.pop_front()?;
        if change.base == self.current && change.position.epoch == head.epoch {
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
        let outgoing = self.outgoing.as_mut()?;
        if outgoing.is_snapshot {
            self.progress_at = now;
        }
        let frame = outgoing.frames.get(outgoing.next)?.clone();
        outgoing.next += 1;
        if outgoing.next == outgoing.frames.len() {
            if outgoing.is_snapshot {
                self.pause_snapshots(now);
            }
            if let Some(done) = self.outgoing.take() {
                self.sent = done.position;
                self.current = done.position.revision;
                self.expected = done.expected;
            }
        }
        Some(frame)
    }

    fn pause_snapshots(&mut self, now: Instant) {
        let doubled = SNAPSHOT_PAUSE.saturating_mul(1 << self.snapshots.min(6));
        self.no_snapshot_before = Some(now + doubled.min(LONGEST_SNAPSHOT_PAUSE));
    }
}
