//! Events of members on their way into the database. What comes from many
//! members at about the same time shares one transaction: ten thousand members
//! with an event a second each would otherwise be ten thousand commits.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use palisade_api::clock::SharedClock;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use crate::shutdown::Shutdown;
use crate::store::event::partition;
use crate::store::event::{self, NewEvent, Received};
use crate::store::{Database, StoreError};

/// Batches that may wait. A link has one under way at most, and waits.
const QUEUE: usize = 256;
/// Batches of one transaction.
const BATCHES: usize = 256;
/// Events of one transaction.
const EVENTS: usize = 10_000;
/// A member's clock may be ahead by so much; beyond that ours counts.
const AHEAD: TimeDelta = TimeDelta::hours(12);

/// Why events are not stored.
#[derive(Debug, Error)]
pub enum IntakeError {
    /// The primary stops.
    #[error("the primary stops")]
    Stopped,
    /// The database refuses them, or does not answer.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
}

/// Takes events for the database. Clones share the way.
#[derive(Clone, Debug)]
pub struct EventIntake {
    queue: mpsc::Sender<Delivery>,
}

#[derive(Debug)]
struct Delivery {
    received: Received,
    stored: oneshot::Sender<Result<(), Arc<StoreError>>>,
}

impl EventIntake {
    /// Starts the task that writes; it ends with the primary. Events older
    /// than `retention` are not stored.
    pub fn start(
        database: &Database,
        clock: &SharedClock,
        retention: Duration,
        shutdown: &Shutdown,
    ) -> Self {
        let (queue, deliveries) = mpsc::channel(QUEUE);
        let retention = TimeDelta::from_std(retention).unwrap_or(TimeDelta::MAX);
        let writer = Writer {
            database: database.clone(),
            clock: clock.clone(),
            retention,
            days: BTreeSet::new(),
        };
        let stop = shutdown.token().clone();
        shutdown.spawn("event-intake", async move {
            stop.run_until_cancelled(writer.run(deliveries)).await;
        });
        Self { queue }
    }

    /// Stores what a member sent.
    pub async fn store(&self, received: Received) -> Result<(), IntakeError> {
        let (stored, done) = oneshot::channel();
        let delivery = Delivery { received, stored };
        self.queue.send(delivery).await.map_err(|_| IntakeError::Stopped)?;
        Ok(done.await.map_err(|_| IntakeError::Stopped)??)
    }
}

struct Writer {
    database: Database,
    clock: SharedClock,
    retention: TimeDelta,
    /// Days that have a partition.
    days: BTreeSet<NaiveDate>,
}

impl Writer {
    async fn run(mut self, mut deliveries: mpsc::Receiver<Delivery>) {
        let mut waiting = Vec::new();
        while deliveries.recv_many(&mut waiting, BATCHES).await > 0 {
            while !waiting.is_empty() {
                let mut events = 0;
                let together = waiting.iter().take_while(|delivery| {
                    events += delivery.received.events.len();
                    events <= EVENTS
                });
                let together = together.count().max(1);
                self.store(waiting.drain(..together).collect()).await;
            }
        }
    }

    /// Stores deliveries in one transaction, or each in its own where that
    /// fails: what one member sends holds up nobody else.
    async fn store(&mut self, deliveries: Vec<Delivery>) {
        let (mut received, stored): (Vec<Received>, Vec<_>) =
            deliveries.into_iter().map(|one| (one.received, one.stored)).unzip();
        let now = self.clock.now();
        for one in &mut received {
            self.date(&mut one.events, now);
        }
        let outcome = self.write(&received).await.map_err(Arc::new);
        match outcome {
            Err(error) if received.len() > 1 && !error.is_unavailable() => {
                for (one, stored) in received.into_iter().zip(stored) {
                    let outcome = self.write(std::slice::from_ref(&one)).await;
                    // Whoever asked may be gone; then it asks again.
                    drop(stored.send(outcome.map_err(Arc::new)));
                }
            }
            outcome => {
                for stored in stored {
                    drop(stored.send(outcome.clone()));
                }
            }
        }
    }

    /// Gives a time of ours to what claims to be of the future, and leaves out
    /// what would be forgotten at once.
    fn date(&self, events: &mut Vec<NewEvent>, now: DateTime<Utc>) {
        let oldest = now.checked_sub_signed(self.retention).unwrap_or(DateTime::UNIX_EPOCH);
        for event in events.iter_mut().filter(|event| event.at > now + AHEAD) {
            event.at = now;
        }
        let before = events.len();
        events.retain(|event| event.at >= oldest);
        let expired = (before - events.len()) as u64;
        metrics::counter!("palisade_events_expired_total").increment(expired);
    }

    async fn write(&mut self, received: &[Received]) -> Result<(), StoreError> {
        let outcome = self.try_write(received).await;
        match &outcome {
            Ok(new) => metrics::counter!("palisade_events_received_total").increment(*new),
            // A partition may have been dropped meanwhile.
            Err(_) => self.days.clear(),
        }
        outcome.map(|_| ())
    }

    async fn try_write(&mut self, received: &[Received]) -> Result<u64, StoreError> {
        let wanted = received.iter().flat_map(|one| &one.events);
        let wanted: BTreeSet<NaiveDate> = wanted.map(|event| event.at.date_naive()).collect();
        for day in wanted.difference(&self.days.clone()) {
            partition::create(&mut *self.database.acquire().await?, *day).await?;
            self.days.insert(*day);
        }
        let mut tx = self.database.begin().await?;
        let stored = event::insert(&mut tx, received).await?;
        tx.commit().await?;
        Ok(stored)
    }
}
