//! `Scan`: workers on other machines, which read images for this primary.
//!
//! A worker opens one stream. For each of its slots this side takes jobs and
//! keeps their leases, as it does for its own scans; the image is read over
//! there, and what it holds comes back in parts. When the stream breaks, its
//! jobs are free at once.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::Stream;
use futures_util::future::join_all;
use palisade_api::federation::scan_server::{Scan, ScanServer};
use palisade_api::federation::{
    InventoryPart, RenewNow, ScanCancel, ScanFailure, ScanJob, WorkerDown, WorkerHello, WorkerUp,
    worker_down, worker_up,
};
use palisade_api::{ClusterId, Code};
use palisade_scanner::{Inventory, ScanError, ScanOutcome};
use palisade_transport::server::PeerSerial;
use secrecy::ExposeSecret as _;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};
use tracing::{info, warn};
use uuid::Uuid;

use super::status;
use crate::App;
use crate::federation::FederationError;
use crate::registry::worker::{HEARTBEAT, Turn, work};
use crate::registry::{ImageToRead, ReadFailure, Reader};
use crate::store::job::Takes;
use crate::store::member::Member;
use crate::store::member_kind::MemberKind;
use crate::store::{self, StoreError};

/// The largest message of a worker: a part of an inventory.
const MOST_BYTES: usize = 1 << 20;
/// An inventory, compressed and not.
const MOST_COMPRESSED: usize = 32 << 20;
const MOST_INVENTORY: usize = 512 << 20;
/// Scans at a time of one worker.
const MOST_SLOTS: u32 = 64;
/// How long a worker may take for one image; it gives up by itself long before.
const LONGEST: Duration = Duration::from_mins(30);
/// How long a worker may take to say who it is.
const GREETING: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub(super) struct ScanService(App);

/// The service, ready to be mounted.
pub(super) fn service(app: App) -> ScanServer<ScanService> {
    ScanServer::new(ScanService(app)).max_decoding_message_size(MOST_BYTES)
}

#[tonic::async_trait]
impl Scan for ScanService {
    type WorkStream = Pin<Box<dyn Stream<Item = Result<WorkerDown, Status>> + Send>>;

    async fn work(
        &self,
        request: Request<Streaming<WorkerUp>>,
    ) -> Result<Response<Self::WorkStream>, Status> {
        let app = self.0.clone();
        let id = super::enrol::peer(&request)?;
        let serial = request.extensions().get::<PeerSerial>().and_then(|peer| peer.0.clone());
        let member = worker(&app, id).await?;
        let mut up = request.into_inner();
        let hello = match tokio::time::timeout(GREETING, up.message()).await {
            Ok(Ok(Some(WorkerUp { body: Some(worker_up::Body::Hello(hello)) }))) => hello,
            Ok(Err(status)) => return Err(status),
            Ok(Ok(_)) => {
                return Err(status(Code::InvalidRequest, "the first message is a WorkerHello"));
            }
            Err(_) => return Err(Status::deadline_exceeded("no WorkerHello in time")),
        };
        let worker = Worker {
            member,
            serial: serial.unwrap_or_default(),
            slots: hello.slots.clamp(1, MOST_SLOTS),
            format: format_of(&hello),
            version: hello.version,
        };
        let (down, queue) = mpsc::channel(worker.slots as usize * 2);
        let stop = app.shutdown.token().child_token();
        let shutdown = app.shutdown.clone();
        shutdown.spawn("scan-worker", async move {
            serve(&app, &worker, down, up, stop).await;
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(queue))))
    }
}

async fn worker(app: &App, id: ClusterId) -> Result<Member, Status> {
    let read = async {
        let mut conn = app.database.acquire().await?;
        store::member::get(&mut conn, id).await
    };
    let member = read.await.map_err(|error: StoreError| FederationError::from(error))?;
    member.filter(|member| member.kind == MemberKind::Scanner).ok_or_else(|| {
        status(Code::RemoteUnauthorized, "only scan workers of this primary may do this")
    })
}

/// A worker that came.
struct Worker {
    member: Member,
    /// Serial number of its certificate.
    serial: String,
    version: String,
    slots: u32,
    /// Of its inventories.
    format: i32,
}

/// What is kept of a worker's inventories: its own build may tell more than this one knows, or
/// less. A worker that does not say is older than any.
fn format_of(hello: &WorkerHello) -> i32 {
    i32::try_from(hello.inventory_format).unwrap_or(i32::MAX).min(Inventory::FORMAT)
}

/// Works with one worker until it goes away.
async fn serve(
    app: &App,
    worker: &Worker,
    down: mpsc::Sender<Result<WorkerDown, Status>>,
    up: Streaming<WorkerUp>,
    stop: CancellationToken,
) {
    let Worker { member, version, slots, format, .. } = worker;
    info!(worker = member.name, version, slots, "a scan worker came");
    if *format < Inventory::FORMAT {
        warn!(
            worker = member.name,
            version,
            "the worker is of an older version: what it reads is read again when found next"
        );
    }
    let reader = Remote {
        id: member.id.as_uuid(),
        format: *format,
        down,
        waiting: Arc::default(),
        gone: stop.child_token(),
    };
    let turn = Turn::default();
    let workers = (0..*slots).map(|_| work(&app.registries, &reader, &turn));
    tokio::select! {
        () = stop.cancelled() => {}
        why = heartbeat(app, worker, &reader.down) => warn!(worker = member.name, why, "a worker ends"),
        () = async {
            // Both end together: the pump when the stream does, the workers
            // when they see that it did.
            tokio::join!(pump(&reader, up), join_all(workers));
        } => {}
    }
    info!(worker = member.name, "a scan worker went away");
    let gone = async {
        let mut conn = app.database.acquire().await?;
        store::scanner::gone(&mut conn, member.id.as_uuid()).await
    };
    if let Err(error) = gone.await {
        tracing::debug!(%error, "cannot record that a worker went away");
    }
}

/// Says that the worker is there, and lets it renew its certificate where that is
/// of an authority that is being replaced; ends when it is no member any more.
async fn heartbeat(
    app: &App,
    Worker { member, serial, slots, .. }: &Worker,
    down: &mpsc::Sender<Result<WorkerDown, Status>>,
) -> &'static str {
    let slots = i32::try_from(*slots).unwrap_or(i32::MAX);
    let mut asked = false;
    loop {
        let beat = async {
            let mut conn = app.database.acquire().await?;
            store::scanner::seen(&mut conn, member.id.as_uuid(), &member.name, slots).await?;
            let of = store::certificate::used(&mut conn, serial, app.clock.now()).await?;
            Ok::<_, StoreError>((store::member::get(&mut conn, member.id).await?, of))
        };
        match beat.await {
            Ok((Some(_), of)) => {
                let authorities = app.trust.authorities();
                let old = authorities.is_replaced()
                    && of.is_some_and(|of| of != authorities.issuing().fingerprint());
                if old && !asked {
                    let renew = worker_down::Body::RenewNow(RenewNow {});
                    asked = down.try_send(Ok(WorkerDown { body: Some(renew) })).is_ok();
                }
            }
            Ok((None, _)) => return "it is no member any more",
            Err(error) => tracing::debug!(%error, "cannot record that a worker is there"),
        }
        tokio::time::sleep(HEARTBEAT).await;
    }
}

type Answer = oneshot::Sender<Result<Inventory, ScanError>>;

/// A scan that the worker does.
struct Waiting {
    answer: Answer,
    /// Parts that came so far.
    parts: Vec<u8>,
}

struct Remote {
    id: Uuid,
    format: i32,
    down: mpsc::Sender<Result<WorkerDown, Status>>,
    waiting: Arc<Mutex<HashMap<i64, Waiting>>>,
    gone: CancellationToken,
}

impl Remote {
    fn waiting(&self) -> MutexGuard<'_, HashMap<i64, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Reader for Remote {
    fn id(&self) -> Uuid {
        self.id
    }

    fn takes(&self) -> Takes {
        Takes::Scans
    }

    fn format(&self) -> i32 {
        self.format
    }

    async fn read(&self, image: ImageToRead<'_>) -> Result<Inventory, ReadFailure> {
        let (answer, answered) = oneshot::channel();
        let job = image.job;
        self.waiting().insert(job, Waiting { answer, parts: Vec::new() });
        let _cancel = CancelOnDrop { reader: self, job };
        let credentials = image.access.credentials.as_ref();
        let body = worker_down::Body::Job(ScanJob {
            id: job,
            registry: image.access.url.to_string(),
            ignore_proxy: image.access.ignore_proxy,
            username: credentials.map(|c| c.username.clone()).unwrap_or_default(),
            password: credentials
                .map(|c| c.password.expose_secret().to_owned())
                .unwrap_or_default(),
            repository: image.repository.to_owned(),
            digest: image.digest.to_oci(),
        });
        let exchange = async {
            self.down.send(Ok(WorkerDown { body: Some(body) })).await.ok()?;
            answered.await.ok()
        };
        let exchange = tokio::time::timeout(LONGEST, exchange);
        match self.gone.run_until_cancelled(exchange).await {
            Some(Ok(Some(answer))) => Ok(answer?),
            // It is there and does not answer: perhaps another one does.
            Some(Err(_)) => Err(ScanError::Timeout(LONGEST).into()),
            Some(Ok(None)) | None => Err(ReadFailure::Gone),
        }
    }

    async fn gone(&self) {
        self.gone.cancelled().await;
    }
}

/// Tells the worker that nobody waits any more, unless it has answered.
struct CancelOnDrop<'a> {
    reader: &'a Remote,
    job: i64,
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        if self.reader.waiting().remove(&self.job).is_some() {
            let body = worker_down::Body::Cancel(ScanCancel { id: self.job });
            // A worker whose queue is full finishes for nothing.
            drop(self.reader.down.try_send(Ok(WorkerDown { body: Some(body) })));
        }
    }
}

/// Takes what the worker says until its stream ends.
async fn pump(reader: &Remote, mut up: Streaming<WorkerUp>) {
    while let Ok(Some(message)) = up.message().await {
        match message.body {
            Some(worker_up::Body::Inventory(part)) => inventory(reader, &part),
            Some(worker_up::Body::Failure(failure)) => {
                if let Some(waiting) = reader.waiting().remove(&failure.job) {
                    drop(waiting.answer.send(Err(reported(&failure))));
                }
            }
            Some(worker_up::Body::Hello(_)) | None => {}
        }
    }
    reader.gone.cancel();
}

fn inventory(reader: &Remote, part: &InventoryPart) {
    let mut all = reader.waiting();
    let Some(waiting) = all.get_mut(&part.job) else { return };
    waiting.parts.extend_from_slice(&part.chunk);
    let over = waiting.parts.len() > MOST_COMPRESSED;
    if !(part.last || over) {
        return;
    }
    let Some(Waiting { answer, parts }) = all.remove(&part.job) else { return };
    drop(all);
    if over {
        let reason = format!("what it holds takes more than {MOST_COMPRESSED} bytes");
        drop(answer.send(Err(ScanError::Malformed(reason))));
        return;
    }
    // Whoever waits takes the answer whenever it is decoded.
    tokio::task::spawn_blocking(move || drop(answer.send(decode(&parts))));
}

fn decode(parts: &[u8]) -> Result<Inventory, ScanError> {
    let malformed = |error: &dyn std::fmt::Display| {
        ScanError::Malformed(format!("the worker's answer: {error}"))
    };
    let json = zstd::bulk::decompress(parts, MOST_INVENTORY).map_err(|error| malformed(&error))?;
    serde_json::from_slice(&json).map_err(|error| malformed(&error))
}

fn reported(failure: &ScanFailure) -> ScanError {
    ScanError::Reported {
        outcome: ScanOutcome::from_number(failure.outcome),
        text: failure.text.chars().take(1_000).collect(),
        transient: failure.transient,
        retry_after: (failure.retry_after_seconds > 0)
            .then(|| Duration::from_secs(failure.retry_after_seconds)),
    }
}

#[cfg(test)]
mod tests {
    use palisade_api::Digest;
    use palisade_scanner::source::registry::RegistryAccess;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_never_answers_loses_the_image() {
        let (down, mut queue) = mpsc::channel(4);
        let gone = CancellationToken::new();
        let reader = Remote { id: Uuid::nil(), format: 0, down, waiting: Arc::default(), gone };
        let access = RegistryAccess::new("http://127.0.0.1:1").unwrap();
        let digest = Digest::of(b"an image");
        let image = ImageToRead { job: 7, access, repository: "shop/orders", digest };
        let result = reader.read(image).await;
        assert!(matches!(result, Err(ReadFailure::Scan(ScanError::Timeout(_)))), "{result:?}");
        let mut told = Vec::new();
        while let Ok(Ok(message)) = queue.try_recv() {
            told.extend(message.body);
        }
        let is_told = matches!(
            told.as_slice(),
            [worker_down::Body::Job(job), worker_down::Body::Cancel(cancel)]
                if job.id == 7 && cancel.id == 7
        );
        assert!(is_told, "{told:?}");
        assert!(reader.waiting().is_empty());
    }

    #[test]
    fn inventories_are_kept_as_what_both_sides_know() {
        let own = Inventory::FORMAT;
        let told = |inventory_format| {
            format_of(&WorkerHello { inventory_format, ..WorkerHello::default() })
        };
        let younger = own.unsigned_abs() + 1;
        assert_eq!([told(0), told(1), told(younger), told(u32::MAX)], [0, 1, own, own]);
    }

    #[test]
    fn a_pause_that_a_registry_asks_a_worker_for_holds_here() {
        let limited = |seconds| ScanFailure {
            job: 7,
            outcome: ScanOutcome::RegistryApiError.number(),
            text: "the registry allows no more requests for now".to_owned(),
            transient: true,
            retry_after_seconds: seconds,
        };
        let asked = reported(&limited(3_600));
        assert!(asked.is_transient());
        assert_eq!(asked.retry_after(), Some(Duration::from_hours(1)));
        assert_eq!(reported(&limited(0)).retry_after(), None);
    }
}
