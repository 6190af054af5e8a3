//! One log on one stream: what is sent, pulled when the connection has room, and what the
//! receiver says of it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use palisade_api::ClusterId;
use palisade_api::kind::LogId;
use tokio::sync::{Notify, OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep_until};

use crate::audience::Hidden;
use crate::feed::Feed;
use crate::frame::{EncodedChange, EncodedSnapshot, Envelope};
use crate::position::Position;
use crate::ring::Ring;
use crate::sender::{Acknowledged, Sender, Step, Subscriber};
use crate::source::Source;

impl<S: Source, E: Envelope> Feed<S, E> {
    /// Attaches a stream whose receiver holds `held` of `log`. None for a log
    /// that is not of this feed.
    pub fn attach(
        self: &Arc<Self>,
        log: LogId,
        subscriber: Subscriber,
        held: Position,
    ) -> Option<Outlet<S, E>> {
        let ring = self.ring(log)?;
        let cursor = Arc::new(Cursor {
            sender: Mutex::new(Sender::new(subscriber, held, Instant::now().into_std())),
            nudge: Notify::new(),
        });
        Some(Outlet {
            head: ring.subscribe(),
            feed: Arc::clone(self),
            log,
            member: subscriber.member,
            cursor,
            reading: None,
            permit: None,
        })
    }
}

/// What a receiver said and was sent, shared by the two halves of its stream.
#[derive(Debug)]
pub struct Cursor<M> {
    sender: Mutex<Sender<M>>,
    nudge: Notify,
}

impl<M: Clone + Send + Sync + 'static> Cursor<M> {
    /// The state machine. Keep it only for a moment.
    pub fn lock(&self) -> MutexGuard<'_, Sender<M>> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears what the receiver holds.
    pub fn ack(&self, held: Position, ring: &Ring<M>) -> Acknowledged {
        let acknowledged = self.lock().ack(held, ring, Instant::now().into_std());
        if acknowledged == Acknowledged::Differs {
            self.nudge.notify_one();
        }
        acknowledged
    }

    /// Hears that the receiver wants everything again.
    pub fn resync(&self) {
        self.lock().resync();
        self.nudge.notify_one();
    }

    /// Whether the receiver has to be disconnected.
    pub fn overdue(&self, ring: &Ring<M>) -> bool {
        self.lock().overdue(ring, Instant::now().into_std())
    }
}

type Reading<M> = Pin<Box<dyn Future<Output = Read<M>> + Send>>;

#[derive(Debug)]
enum Read<M> {
    Changes(Option<Vec<Arc<EncodedChange<M>>>>),
    Hidden(Hidden),
    Snapshot(Arc<EncodedSnapshot<M>>, Option<OwnedSemaphorePermit>),
}

/// The downward half of one log on one stream: a source of messages that are
/// pulled when the connection has room.
pub struct Outlet<S: Source, E: Envelope> {
    feed: Arc<Feed<S, E>>,
    log: LogId,
    member: ClusterId,
    cursor: Arc<Cursor<E::Message>>,
    head: watch::Receiver<Option<Position>>,
    /// Boxed, as it is rare; kept over cancellation of [`Self::next`].
    reading: Option<Reading<E::Message>>,
    /// Held while a snapshot is being sent.
    permit: Option<OwnedSemaphorePermit>,
}

impl<S: Source, E: Envelope> std::fmt::Debug for Outlet<S, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet").field("log", &self.log).finish_non_exhaustive()
    }
}

impl<S: Source, E: Envelope> Outlet<S, E> {
    /// The log that it sends.
    pub fn log(&self) -> LogId {
        self.log
    }

    /// For the upward half of the stream.
    pub fn cursor(&self) -> Arc<Cursor<E::Message>> {
        Arc::clone(&self.cursor)
    }

    /// The next message. Waits for as long as there is none; may be dropped
    /// while it waits without losing anything.
    pub async fn next(&mut self) -> E::Message {
        loop {
            if let Some(reading) = &mut self.reading {
                let read = reading.await;
                self.reading = None;
                let mut sender = self.cursor.lock();
                match read {
                    Read::Changes(changes) => sender.fetched(changes),
                    Read::Hidden(hidden) => sender.set_hidden(hidden),
                    Read::Snapshot(snapshot, permit) => {
                        self.permit = permit;
                        sender.begin_snapshot(&snapshot, Instant::now().into_std());
                    }
                }
            }
            self.head.mark_unchanged();
            let step = self.poll();
            match step {
                Some(Step::Frame(message)) => return message,
                Some(Step::Fetch(after)) => {
                    let changes = Arc::clone(&self.feed).read_changes(self.log, after);
                    self.reading = Some(Box::pin(async { Read::Changes(changes.await) }));
                }
                Some(Step::Snapshot(at_least)) => {
                    let feed = Arc::clone(&self.feed);
                    let snapshot = feed.read_snapshot(self.log, self.member, at_least);
                    self.reading = Some(Box::pin(async {
                        let (snapshot, permit) = snapshot.await;
                        Read::Snapshot(snapshot, permit)
                    }));
                }
                Some(Step::Hidden) => {
                    let hidden = Arc::clone(&self.feed).read_hidden(self.log, self.member);
                    self.reading = Some(Box::pin(async { Read::Hidden(hidden.await) }));
                }
                Some(Step::Wait(until)) => self.wait(until).await,
                None => std::future::pending().await,
            }
        }
    }

    fn poll(&mut self) -> Option<Step<E::Message>> {
        let ring = self.feed.ring(self.log)?;
        let mut sender = self.cursor.lock();
        let step = sender.poll(ring, Instant::now().into_std());
        if !sender.in_snapshot() {
            self.permit = None;
        }
        Some(step)
    }

    async fn wait(&mut self, until: Option<std::time::Instant>) {
        let moment = async {
            match until {
                Some(until) => sleep_until(until.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // The feed owns the other end: it does not close before we do.
            _ = self.head.changed() => {}
            () = self.cursor.nudge.notified() => {}
            () = moment => {}
        }
    }
}
