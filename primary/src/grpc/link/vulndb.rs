//! The vulnerability database on its way to agents: told of on the link,
//! fetched beside it.
//!
//! *Gotchas*: all agents hear of a new database at once and come for it. A
//! download takes one of a few places, holds one chunk in memory, and ends when
//! its member does not read; whoever finds no place comes again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use palisade_api::federation::{FetchVulndbRequest, VulndbOffer, VulndbPart};
use palisade_api::{ClusterId, Code, Digest};
use palisade_scanner::VulnDb;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::Messages;
use crate::App;
use crate::grpc::status;

/// Downloads at a time, of all members.
const PLACES: usize = 16;
/// The database is sent in parts of this size.
const PART: u64 = 32 << 10;
/// How long a member may take to read one part.
const STALL: Duration = Duration::from_mins(1);

/// What the primary has, as it is replaced, in the words of the link.
#[derive(Debug)]
pub(super) struct Offers {
    present: watch::Receiver<Option<Arc<VulnDb>>>,
    allow_older: bool,
}

impl Offers {
    pub(super) fn of(app: &App) -> Self {
        let vulndb = &app.registries.vulndb;
        let mut present = vulndb.watch();
        // What is there already is the first offer.
        present.mark_changed();
        Self { present, allow_older: vulndb.allows_older() }
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> VulndbOffer {
        loop {
            if self.present.changed().await.is_err() {
                return std::future::pending().await;
            }
            if let Some(database) = &*self.present.borrow_and_update() {
                return VulndbOffer {
                    digest: Bytes::copy_from_slice(database.digest().as_bytes()),
                    size: database.size(),
                    version: database.version().to_owned(),
                    built_at: database.built_at().timestamp(),
                    public_key: Bytes::copy_from_slice(database.key().as_bytes()),
                    allow_older: self.allow_older,
                };
            }
        }
    }
}

/// The downloads under way.
#[derive(Debug)]
pub(super) struct Downloads {
    places: Arc<Semaphore>,
    by_member: Mutex<HashMap<ClusterId, CancellationToken>>,
}

impl Default for Downloads {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(PLACES)), by_member: Mutex::default() }
    }
}

impl Downloads {
    /// Streams the database that is asked for, from where the member is.
    pub(super) fn start(
        self: &Arc<Self>,
        app: &App,
        cluster: ClusterId,
        request: &FetchVulndbRequest,
    ) -> Result<Messages<VulndbPart>, Status> {
        let digest = Digest::try_from(&*request.digest)
            .map_err(|error| status(Code::InvalidRequest, error.to_string()))?;
        let present = app.registries.vulndb.watch().borrow().clone();
        let database = present
            .filter(|present| present.digest() == digest)
            .ok_or_else(|| status(Code::ObjectNotFound, "the primary has another database now"))?;
        if request.offset > database.size() {
            return Err(status(Code::InvalidRequest, "the database has no such offset"));
        }
        let stop = app.shutdown.token().child_token();
        // The one before is of a connection that broke, whatever this side
        // knows of it: its place is free then.
        if let Some(before) = self.by_member().insert(cluster, stop.clone()) {
            before.cancel();
        }
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            self.by_member().remove(&cluster);
            return Err(Status::resource_exhausted("too many agents fetch the database now"));
        };
        let (parts, queue) = mpsc::channel(1);
        let download = Download { database, next: request.offset, parts, _place: place };
        let downloads = Arc::clone(self);
        app.shutdown.spawn("vulndb-download", async move {
            stop.run_until_cancelled(download.run()).await;
            let mut all = downloads.by_member();
            if !stop.is_cancelled() {
                all.remove(&cluster);
            }
        });
        Ok(Box::pin(ReceiverStream::new(queue)))
    }

    fn by_member(&self) -> MutexGuard<'_, HashMap<ClusterId, CancellationToken>> {
        self.by_member.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Download {
    database: Arc<VulnDb>,
    next: u64,
    parts: mpsc::Sender<Result<VulndbPart, Status>>,
    _place: OwnedSemaphorePermit,
}

impl Download {
    async fn run(mut self) {
        loop {
            let (database, offset) = (Arc::clone(&self.database), self.next);
            // What is mapped may have to come from the disk.
            let read = tokio::task::spawn_blocking(move || {
                database.bytes(offset, PART).map(Bytes::copy_from_slice)
            });
            let part = match read.await {
                Ok(Ok(chunk)) if chunk.is_empty() => return,
                Ok(Ok(chunk)) => Ok(chunk),
                Ok(Err(error)) => Err(status(Code::ServerError, error.to_string())),
                // This program is shutting down.
                Err(_) => return,
            };
            let sent = part.as_ref().map_or(0, |chunk| chunk.len() as u64);
            let part = part.map(|chunk| VulndbPart { chunk });
            let failed = part.is_err();
            let sending = tokio::time::timeout(STALL, self.parts.send(part)).await;
            if failed || !matches!(sending, Ok(Ok(()))) {
                return;
            }
            self.next += sent;
            metrics::counter!("palisade_vulndb_sent_bytes_total").increment(sent);
        }
    }
}
