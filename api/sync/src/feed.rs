//! The sending side with I/O: rings and snapshots over one [`Source`], for the streams of
//! [`crate::outlet`].

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};
use std::time::Duration;

use palisade_api::kind::LogId;
use palisade_api::{ClusterId, Epoch, Revision};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use crate::audience::Hidden;
use crate::digest::SetDigest;
use crate::frame::{EncodedChange, EncodedSnapshot, Envelope, SnapshotCutter};
use crate::position::{Head, Position};
use crate::ring::Ring;
use crate::source::{Changes, SnapshotReader, Source};

/// Changes that one read of the source returns at most.
const PAGE: u32 = 64;

/// Changes that one stream reads past the ring at once.
const CATCH_UP_PAGE: u32 = 16;

/// Changes that the ring begins with, so that members that come back after a
/// restart of the sender do not all read the source.
const PRELOAD: u64 = 512;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Bounds of a feed.
#[derive(Clone, Copy, Debug)]
pub struct FeedConfig {
    /// Memory of the ring of each log.
    pub ring_bytes: usize,
    /// Streams that are sent a snapshot at the same time; others wait.
    pub snapshots: usize,
}

impl Default for FeedConfig {
    fn default() -> Self {
        Self { ring_bytes: crate::ring::RING_BYTES, snapshots: 32 }
    }
}

/// The logs of one source, ready to be sent to any number of streams.
#[derive(Debug)]
pub struct Feed<S: Source, E: Envelope> {
    source: S,
    logs: BTreeMap<LogId, LogFeed<E::Message>>,
    snapshots: Arc<Semaphore>,
}

#[derive(Debug)]
struct LogFeed<M> {
    ring: Ring<M>,
    /// One refresh at a time.
    refresh: tokio::sync::Mutex<()>,
    /// The snapshots that streams are being sent, by what is not in them, so
    /// that members with the same view share one.
    snapshots: tokio::sync::Mutex<HashMap<SetDigest, Weak<EncodedSnapshot<M>>>>,
}

impl<S: Source, E: Envelope> Feed<S, E> {
    /// A feed of `logs` that knows nothing yet: [`Self::refresh`] reads them.
    pub fn new(source: S, logs: &[LogId], config: FeedConfig) -> Arc<Self> {
        let log_feed = |log: &LogId| {
            let feed = LogFeed {
                ring: Ring::new(*log, config.ring_bytes),
                refresh: tokio::sync::Mutex::new(()),
                snapshots: tokio::sync::Mutex::default(),
            };
            (*log, feed)
        };
        Arc::new(Self {
            source,
            logs: logs.iter().map(log_feed).collect(),
            snapshots: Arc::new(Semaphore::new(config.snapshots)),
        })
    }

    /// The source that it reads.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// The logs of the feed.
    pub fn logs(&self) -> impl Iterator<Item = LogId> {
        self.logs.keys().copied()
    }

    /// The newest changes of a log; none for a log that is not of this feed.
    pub fn ring(&self, log: LogId) -> Option<&Ring<E::Message>> {
        self.logs.get(&log).map(|log| &log.ring)
    }

    /// Reads what is new in a log and wakes the streams. Call it when there may
    /// be something; a call too many costs one read of the head.
    pub async fn refresh(&self, log: LogId) -> Result<(), S::Error> {
        let Some(LogFeed { ring, refresh, .. }) = self.logs.get(&log) else { return Ok(()) };
        let _one_at_a_time = refresh.lock().await;
        let head = self.source.head(log).await?;
        let known = ring.head();
        if known == Some(head.position) {
            return Ok(());
        }
        let follows = known.is_some_and(|known| {
            known.epoch == head.position.epoch && known.revision < head.position.revision
        });
        if !follows {
            let back = head.position.revision.0.saturating_sub(PRELOAD);
            let after = Revision(back.max(head.floor.0));
            return self.preload(log, ring, head, after).await;
        }
        loop {
            let Some(known) = ring.head() else { return Ok(()) };
            match self.source.changes(log, known.revision, PAGE).await? {
                Changes::Next { records, .. } if records.is_empty() => return Ok(()),
                Changes::Next { epoch, records } => {
                    for record in records {
                        let change = EncodedChange::new::<E>(log, epoch, record);
                        if let Err(error) = ring.push(change) {
                            tracing::error!(?log, %error, "the log has a gap; reading it anew");
                            ring.reset(head.position, head.targeted);
                            return Ok(());
                        }
                    }
                }
                Changes::Unreachable => {
                    ring.reset(head.position, head.targeted);
                    return Ok(());
                }
            }
        }
    }

    async fn preload(
        &self,
        log: LogId,
        ring: &Ring<E::Message>,
        Head { position: head, targeted, .. }: Head,
        mut after: Revision,
    ) -> Result<(), S::Error> {
        let mut encoded = Vec::new();
        let mut bytes = 0;
        while after < head.revision {
            let changes = self.source.changes(log, after, PAGE).await?;
            let Changes::Next { epoch, records } = changes else { break };
            if records.is_empty() || epoch != head.epoch {
                break;
            }
            for record in records.into_iter().filter(|r| r.change.revision <= head.revision) {
                after = record.change.revision;
                let change = EncodedChange::new::<E>(log, head.epoch, record);
                bytes += change.size;
                encoded.push(change);
            }
            if bytes > ring.capacity() {
                break;
            }
        }
        let complete = encoded.last().is_some_and(|last| last.position == head);
        if complete {
            ring.begin(encoded, targeted);
        } else {
            ring.reset(head, targeted);
        }
        Ok(())
    }

    /// The changes after a revision, read for a stream that the ring has left behind. None
    /// when the source cannot say what followed.
    pub(crate) async fn read_changes(
        self: Arc<Self>,
        log: LogId,
        after: Revision,
    ) -> Option<Vec<Arc<EncodedChange<E::Message>>>> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.source.changes(log, after, CATCH_UP_PAGE).await {
                Ok(Changes::Unreachable) => return None,
                Ok(Changes::Next { epoch, records }) => {
                    let known = self.ring(log).and_then(Ring::head);
                    let follows = known.is_some_and(|known| known.epoch == epoch);
                    if (follows && !records.is_empty()) || self.catches_up(log, epoch, after).await
                    {
                        let encode = |record| Arc::new(EncodedChange::new::<E>(log, epoch, record));
                        return Some(records.into_iter().map(encode).collect());
                    }
                }
                Err(error) => tracing::warn!(?log, %error, "cannot read changes; will retry"),
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// What the source says does not fit the ring, which is behind. True when a
    /// refresh brings the ring to `after` or beyond, in the life `epoch`.
    async fn catches_up(&self, log: LogId, epoch: Epoch, after: Revision) -> bool {
        if let Err(error) = self.refresh(log).await {
            tracing::warn!(?log, %error, "cannot read the head; will retry");
        }
        let head = self.ring(log).and_then(Ring::head);
        head.is_some_and(|head| head.epoch == epoch && head.revision >= after)
    }

    /// What a member is not shown.
    pub(crate) async fn read_hidden(self: Arc<Self>, log: LogId, member: ClusterId) -> Hidden {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.source.hidden(log, member).await {
                Ok(hidden) => return hidden,
                Err(error) => tracing::warn!(?log, %error, "cannot read a view; will retry"),
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// A snapshot, and the right to send it.
    pub(crate) async fn read_snapshot(
        self: Arc<Self>,
        log: LogId,
        member: ClusterId,
        at_least: Revision,
    ) -> (Arc<EncodedSnapshot<E::Message>>, Option<OwnedSemaphorePermit>) {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.snapshots).acquire_owned().await.ok();
        let mut pause = FIRST_PAUSE;
        loop {
            match self.shared_snapshot(log, member, at_least).await {
                Ok(Some(snapshot)) => return (snapshot, permit),
                Ok(None) => {}
                Err(error) => tracing::warn!(?log, %error, "cannot read a snapshot; will retry"),
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The snapshot that others with the same view are being sent, or a new
    /// one. None while the log has no head.
    async fn shared_snapshot(
        &self,
        log: LogId,
        member: ClusterId,
        at_least: Revision,
    ) -> Result<Option<Arc<EncodedSnapshot<E::Message>>>, S::Error> {
        let Some(LogFeed { ring, snapshots, .. }) = self.logs.get(&log) else {
            return Ok(None);
        };
        let mut snapshots = snapshots.lock().await;
        let Some(head) = ring.head() else { return Ok(None) };
        let hidden = if ring.targeted() == Revision::ZERO {
            Hidden::NOTHING
        } else {
            self.source.hidden(log, member).await?
        };
        let followed = |snapshot: &Arc<EncodedSnapshot<E::Message>>| {
            let Position { epoch, revision, digest } = snapshot.position;
            epoch == head.epoch
                && revision >= at_least.max(hidden.since)
                && revision <= head.revision
                && ring.digest_at(revision) == Some(digest.plus(snapshot.hidden))
        };
        let shared = snapshots.get(&hidden.digest).and_then(Weak::upgrade);
        if let Some(snapshot) = shared.filter(followed) {
            return Ok(Some(snapshot));
        }
        let mut reader = self.source.snapshot(log, member).await?;
        let mut cutter = SnapshotCutter::<E>::new(log, reader.position(), reader.hidden());
        while let Some(items) = reader.next_page().await? {
            cutter.page(items);
        }
        let snapshot = Arc::new(cutter.finish());
        if snapshot.position.epoch != head.epoch || snapshot.position.revision > head.revision {
            self.refresh(log).await?;
        }
        snapshots.retain(|_, snapshot| snapshot.strong_count() > 0);
        snapshots.insert(snapshot.hidden, Arc::downgrade(&snapshot));
        Ok(Some(snapshot))
    }
}
