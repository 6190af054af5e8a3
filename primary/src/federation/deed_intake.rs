//! What users did, on its way into the database. Records that come at about the same time
//! share one transaction: each holds the number of the primary's newest event, so that many
//! who write at once would wait for each other, each with a connection in its hands.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::FederationError;
use super::event::{self, Done};
use crate::shutdown::Shutdown;
use crate::store::Database;

/// Records that may wait.
const QUEUE: usize = 1_024;
/// Records of one transaction.
const TOGETHER: usize = 256;

type Outcome = Result<(), Arc<FederationError>>;

/// Takes records for the database. Clones share the way.
#[derive(Clone, Debug)]
pub struct DeedIntake {
    database: Database,
    queue: mpsc::Sender<Entry>,
}

#[derive(Debug)]
struct Entry {
    done: Done,
    stored: oneshot::Sender<Outcome>,
}

impl DeedIntake {
    /// Starts the task that writes. When the primary stops, it stores what waits, and ends.
    pub fn start(database: &Database, shutdown: &Shutdown) -> Self {
        let (queue, entries) = mpsc::channel(QUEUE);
        let writer = write(database.clone(), entries, shutdown.token().clone());
        shutdown.spawn("deed-intake", writer);
        Self { database: database.clone(), queue }
    }

    /// Gives what a user did its place in the queue: from there it is stored, also where
    /// nobody waits for it. What comes back tells when.
    pub async fn store(&self, done: Done) -> impl Future<Output = Outcome> {
        let (stored, outcome) = oneshot::channel();
        let entry = Entry { done: done.clone(), stored };
        let is_queued = self.queue.send(entry).await.is_ok();
        async move {
            if is_queued && let Ok(outcome) = outcome.await {
                return outcome;
            }
            // The primary stops: what is still under way is recorded by itself.
            event::did(&self.database, &[done]).await.map_err(Arc::new)
        }
    }
}

async fn write(database: Database, mut entries: mpsc::Receiver<Entry>, stop: CancellationToken) {
    let mut waiting: Vec<Entry> = Vec::new();
    while stop
        .run_until_cancelled(entries.recv_many(&mut waiting, TOGETHER))
        .await
        .is_some_and(|some| some > 0)
    {
        put(&database, &mut waiting).await;
    }
    // Requests that go on have no place any more; what has one is stored.
    entries.close();
    while entries.recv_many(&mut waiting, TOGETHER).await > 0 {
        put(&database, &mut waiting).await;
    }
}

/// Stores all that waits, together.
async fn put(database: &Database, waiting: &mut Vec<Entry>) {
    let (done, stored): (Vec<Done>, Vec<oneshot::Sender<Outcome>>) =
        waiting.drain(..).map(|entry| (entry.done, entry.stored)).unzip();
    let outcome = event::did(database, &done).await;
    // One that is refused keeps no other from being stored.
    let is_refused = matches!(&outcome, Err(FederationError::Store(error))
        if !error.is_unavailable());
    if is_refused && done.len() > 1 {
        for (one, stored) in done.iter().zip(stored) {
            let outcome = event::did(database, std::slice::from_ref(one)).await;
            tell(stored, outcome.map_err(Arc::new));
        }
        return;
    }
    let outcome = outcome.map_err(Arc::new);
    for stored in stored {
        tell(stored, outcome.clone());
    }
}

/// Tells who asked; where nobody waits any more, the log.
fn tell(stored: oneshot::Sender<Outcome>, outcome: Outcome) {
    if let Err(Err(error)) = stored.send(outcome) {
        tracing::warn!(%error, "what a user did cannot be recorded");
    }
}
