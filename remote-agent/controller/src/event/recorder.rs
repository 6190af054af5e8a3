//! The one task that writes events.

use palisade_api::clock::SharedClock;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::own_name::OwnName;
use crate::store::{NewEvent, SpoolLimits, SpoolUsage, Store, StoreError};

/// Events that may wait for the writer.
const QUEUE: usize = 1024;
/// Events that share one commit.
const COMMIT: usize = 256;
/// The spool's size is read from the database again after this many events.
const MEASURE_EVERY: u64 = 1000;

/// Why an event could not be written.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The agent stops, or the writer is gone.
    #[error("the event store is closed")]
    Closed,
    /// Too many events wait.
    #[error("too many events wait to be stored")]
    Full,
    /// The database failed.
    #[error("the event could not be stored")]
    Store,
}

struct Request {
    event: NewEvent,
    done: oneshot::Sender<Result<u64, RecordError>>,
}

/// Hands events to the writer. Clones share it.
#[derive(Clone, Debug)]
pub struct Recorder {
    queue: mpsc::Sender<Request>,
    last: watch::Receiver<u64>,
}

/// The writer's side, to be run by whoever owns the tasks.
#[derive(Debug)]
pub struct RecorderTask {
    queue: mpsc::Receiver<Request>,
    last: watch::Sender<u64>,
    store: Store,
    limits: SpoolLimits,
    clock: SharedClock,
    cluster_name: OwnName,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.event.fmt(f)
    }
}

impl Recorder {
    /// A recorder and its writer.
    pub async fn new(
        store: Store,
        limits: SpoolLimits,
        clock: SharedClock,
        cluster_name: OwnName,
    ) -> Result<(Self, RecorderTask), StoreError> {
        let (sender, queue) = mpsc::channel(QUEUE);
        let (last, watched) = watch::channel(store.events_last().await?);
        let task = RecorderTask { queue, last, store, limits, clock, cluster_name };
        Ok((Self { queue: sender, last: watched }, task))
    }

    /// Stores `event`; returns its number when it is on disk.
    pub async fn record(&self, event: NewEvent) -> Result<u64, RecordError> {
        let (done, answer) = oneshot::channel();
        self.queue.send(Request { event, done }).await.map_err(|_| RecordError::Closed)?;
        answer.await.map_err(|_| RecordError::Closed)?
    }

    /// Hands over `event` without waiting for the disk, or fails where more
    /// wait than may.
    pub fn note(&self, event: NewEvent) -> Result<(), RecordError> {
        let (done, _) = oneshot::channel();
        self.queue.try_send(Request { event, done }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => RecordError::Full,
            mpsc::error::TrySendError::Closed(_) => RecordError::Closed,
        })
    }

    /// The number of the last event stored; changes with each commit.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.last.clone()
    }
}

impl RecorderTask {
    /// Writes until `stop`, then writes what waits and returns.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(COMMIT);
        let mut usage = self.measure().await;
        let mut since_measured = 0;
        loop {
            let received = tokio::select! {
                biased;
                received = self.queue.recv_many(&mut batch, COMMIT) => received,
                () = stop.cancelled(), if !self.queue.is_closed() => {
                    self.queue.close();
                    continue;
                }
            };
            if received == 0 {
                return;
            }
            usage.rows += received as u64;
            usage.bytes += batch.iter().map(|r: &Request| r.event.detail.len() as u64).sum::<u64>();
            since_measured += received as u64;
            self.commit(&mut batch).await;
            if since_measured >= MEASURE_EVERY || self.over(usage) {
                usage = self.measure().await;
                since_measured = 0;
            }
            while self.over(usage) && self.shed().await {
                usage = self.measure().await;
            }
        }
    }

    async fn commit(&self, batch: &mut Vec<Request>) {
        let (events, waiting): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|request| (request.event, request.done)).unzip();
        match self.store.events_append(&events).await {
            Ok(last) => {
                metrics::counter!("palisade_agent_events_total").increment(events.len() as u64);
                let first = last + 1 - events.len() as u64;
                for (seq, done) in (first..).zip(waiting) {
                    // Whoever asked may have given up; the event is stored all the same.
                    let _ = done.send(Ok(seq));
                }
                self.last.send_replace(last);
            }
            Err(error) => {
                error!(%error, events = events.len(), "events could not be stored");
                for done in waiting {
                    let _ = done.send(Err(RecordError::Store));
                }
            }
        }
    }

    fn over(&self, usage: SpoolUsage) -> bool {
        usage.rows > self.limits.rows || usage.bytes > self.limits.bytes
    }

    async fn measure(&self) -> SpoolUsage {
        match self.store.events_usage().await {
            Ok(usage) => usage,
            Err(error) => {
                warn!(%error, "the size of the event store is not known");
                SpoolUsage::default()
            }
        }
    }

    async fn shed(&self) -> bool {
        let at_ms = self.clock.now().timestamp_millis();
        match self.store.events_shed(at_ms, &self.cluster_name.get()).await {
            Ok(dropped) => {
                warn!(dropped, "the event store is full: dropped the oldest events");
                metrics::counter!("palisade_agent_events_dropped_total").increment(dropped);
                dropped > 0
            }
            Err(error) => {
                error!(%error, "the event store is full and cannot be emptied");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use palisade_api::clock::SystemClock;

    use super::*;
    use crate::store::scratch;

    fn event() -> NewEvent {
        NewEvent {
            at_ms: 1,
            name: "n".to_owned(),
            level: "Info".to_owned(),
            category: "audit".to_owned(),
            detail: b"{}".to_vec(),
        }
    }

    #[tokio::test]
    async fn each_caller_learns_the_number_of_its_own_event() {
        let (_folder, store) = scratch().await;
        let limits = SpoolLimits::default();
        let (recorder, task) =
            Recorder::new(store.clone(), limits, SystemClock::shared(), OwnName::new("c"))
                .await
                .unwrap();
        let stop = CancellationToken::new();
        let task = tokio::spawn(task.run(stop.clone()));
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let recorder = recorder.clone();
            calls.spawn(async move { recorder.record(event()).await.unwrap() });
        }
        let mut numbers = calls.join_all().await;
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=50).collect::<Vec<_>>());
        assert_eq!(*recorder.watch().borrow(), 50);
        stop.cancel();
        task.await.unwrap();
        assert!(matches!(recorder.record(event()).await, Err(RecordError::Closed)));
        assert_eq!(store.events_usage().await.unwrap().rows, 50);
    }

    #[tokio::test]
    async fn the_spool_stays_within_its_limits() {
        let (_folder, store) = scratch().await;
        let limits = SpoolLimits { rows: 20, ..SpoolLimits::default() };
        let (recorder, task) =
            Recorder::new(store.clone(), limits, SystemClock::shared(), OwnName::new("c"))
                .await
                .unwrap();
        let stop = CancellationToken::new();
        let task = tokio::spawn(task.run(stop.clone()));
        for _ in 0..60 {
            recorder.record(event()).await.unwrap();
        }
        stop.cancel();
        task.await.unwrap();
        assert!(store.events_usage().await.unwrap().rows <= 20);
    }
}
