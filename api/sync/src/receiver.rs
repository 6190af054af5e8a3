//! The receiving side with I/O: the replicas of one connection and their store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use palisade_api::kind::LogId;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::position::Position;
use crate::replica::{ProtocolError, Replica, Reply, Work};
use crate::store::ReplicaStore;
use crate::wire;
use crate::wire::frame::Body;

/// Why a connection cannot go on.
#[derive(Debug, Error)]
pub enum ReceiveError<E> {
    /// The sender broke the protocol.
    #[error("the sender broke the protocol: {0}")]
    Protocol(#[from] ProtocolError),
    /// The store failed. What it stored before is kept.
    #[error("the local store failed: {0}")]
    Store(#[source] E),
}

/// The receiving side of one connection. Make a new one for each.
#[derive(Debug)]
pub struct Receiver<S> {
    store: Arc<S>,
    replicas: BTreeMap<LogId, Replica>,
    behind: Arc<AtomicBool>,
}

impl<S: ReplicaStore> Receiver<S> {
    /// Begins a connection with what the store holds of `logs`. `knows` tells
    /// the kinds that this version puts in force.
    pub async fn open(
        store: Arc<S>,
        logs: &[LogId],
        knows: fn(u32) -> bool,
    ) -> Result<Self, S::Error> {
        let mut replicas = BTreeMap::new();
        for log in logs {
            replicas.insert(*log, Replica::new(*log, store.held(*log).await?, knows));
        }
        Ok(Self { store, replicas, behind: Arc::default() })
    }

    /// What to name when connecting.
    pub fn positions(&self) -> Vec<wire::Position> {
        self.replicas.iter().map(|(log, replica)| replica.held().to_wire(*log)).collect()
    }

    /// What is stored of a log.
    pub fn held(&self, log: LogId) -> Option<Position> {
        self.replicas.get(&log).map(Replica::held)
    }

    /// Takes a frame. Nothing is stored before [`Self::settle`].
    pub fn receive(&mut self, frame: wire::Frame) -> Result<(), ProtocolError> {
        let body = frame.body.ok_or(ProtocolError::Empty)?;
        let log = match &body {
            Body::Batch(batch) => batch.log,
            Body::SnapshotBegin(begin) => begin.log,
            Body::SnapshotItems(items) => items.log,
            Body::SnapshotEnd(end) => end.log,
        };
        LogId::from_number(log)
            .and_then(|log| self.replicas.get_mut(&log))
            .ok_or(ProtocolError::Log(log))?
            .receive(body)
    }

    /// Whether something came that is not stored yet, as long as [`Self::run`]
    /// does.
    pub fn behind(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.behind)
    }

    fn tell(&self) {
        self.behind.store(self.replicas.values().any(Replica::is_behind), Ordering::Release);
    }

    /// Whether [`Self::settle`] should come before the next frame.
    pub fn is_full(&self) -> bool {
        self.replicas.values().any(Replica::is_full)
    }

    /// Stores everything that is received whole, and says what the sender has
    /// to hear.
    pub async fn settle(&mut self) -> Result<Vec<Reply>, S::Error> {
        let mut replies = Vec::new();
        for (log, replica) in &mut self.replicas {
            while let Some(work) = replica.take_work() {
                match work {
                    Work::Apply(changes) => {
                        replica.applied(self.store.apply(*log, changes).await?);
                    }
                    Work::Replace(replacement) => {
                        replica.replaced(self.store.replace(*log, replacement).await?);
                    }
                }
            }
            while let Some(reply) = replica.take_reply() {
                replies.push(reply);
            }
        }
        Ok(replies)
    }

    /// Serves a connection: takes frames until the channel closes or `stop` is
    /// cancelled, and sends the replies. Changes that arrive together are
    /// stored together.
    pub async fn run(
        mut self,
        mut frames: mpsc::Receiver<wire::Frame>,
        replies: mpsc::Sender<Reply>,
        stop: CancellationToken,
    ) -> Result<(), ReceiveError<S::Error>> {
        loop {
            let replies_now = self.settle().await.map_err(ReceiveError::Store)?;
            self.tell();
            for reply in replies_now {
                if replies.send(reply).await.is_err() {
                    return Ok(());
                }
            }
            let frame = tokio::select! {
                frame = frames.recv() => frame,
                () = stop.cancelled() => None,
            };
            let Some(frame) = frame else { return Ok(()) };
            self.receive(frame)?;
            while !self.is_full() {
                let Ok(frame) = frames.try_recv() else { break };
                self.receive(frame)?;
            }
            self.tell();
        }
    }
}
