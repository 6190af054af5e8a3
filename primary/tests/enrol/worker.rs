//! The stream of a scan worker, as builds of other versions open it.

use std::time::Duration;

use palisade_api::Digest;
use palisade_api::federation::scan_client::ScanClient;
use palisade_api::federation::{
    InventoryPart, ScanFailure, ScanJob, WorkerDown, WorkerHello, WorkerUp, worker_down, worker_up,
};
use palisade_primary::store::image::{self, FoundImage};
use palisade_primary::store::job;
use palisade_primary::store::member_kind::MemberKind;
use palisade_scanner::vulndb::{SigningKey, SourceSpec, build, key_path};
use palisade_scanner::{Inventory, ScanOutcome};
use palisade_transport::client::PrimaryConnection;
use palisade_transport::identity::MemberIdentity;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use crate::agent::{Newcomer, member_connection};
use crate::primary::Primary;
use crate::rest::Client;

const PATIENCE: Duration = Duration::from_secs(30);
const REGISTRY: &str = "fed.shop";

/// A worker of a build whose inventories are of some format.
struct Worker {
    up: mpsc::Sender<WorkerUp>,
    down: Streaming<WorkerDown>,
    _connection: PrimaryConnection,
}

impl Worker {
    async fn open(primary: &Primary, identity: &MemberIdentity, inventory_format: u32) -> Self {
        let connection = member_connection(primary, identity).await.unwrap();
        let (up, queue) = mpsc::channel(4);
        let hello = WorkerHello { version: "0.0.1".to_owned(), slots: 1, inventory_format };
        up.send(WorkerUp { body: Some(worker_up::Body::Hello(hello)) }).await.unwrap();
        let mut client = ScanClient::new(connection.channel());
        let down = client.work(ReceiverStream::new(queue)).await.unwrap().into_inner();
        Self { up, down, _connection: connection }
    }

    /// The next job.
    async fn job(&mut self) -> ScanJob {
        let next = async {
            loop {
                let message = self.down.message().await.unwrap().unwrap();
                if let Some(worker_down::Body::Job(job)) = message.body {
                    return job;
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.unwrap()
    }

    async fn say(&self, body: worker_up::Body) {
        self.up.send(WorkerUp { body: Some(body) }).await.unwrap();
    }
}

/// An image without anything in it.
fn read(job: &ScanJob) -> worker_up::Body {
    let digest = Digest::from_oci(&job.digest).ok();
    let json = serde_json::to_vec(&Inventory { digest, ..Inventory::default() }).unwrap();
    let chunk = zstd::bulk::compress(&json, 3).unwrap().into();
    worker_up::Body::Inventory(InventoryPart { job: job.id, chunk, last: true })
}

fn failed(job: &ScanJob) -> worker_up::Body {
    worker_up::Body::Failure(ScanFailure {
        job: job.id,
        outcome: ScanOutcome::FileSystemError.number(),
        text: "a layer is damaged".to_owned(),
        ..ScanFailure::default()
    })
}

/// A registry with a vulnerability database to hold images against, and nobody who scans.
async fn shop(primary: &Primary) {
    let folder = &primary.app.config.data_dir;
    let (feed, out) = (folder.join("tracker.json"), folder.join("vulndb.plsd"));
    let tracker = json!({"openssl": {"CVE-2023-5363": {"releases":
        {"bookworm": {"status": "resolved", "fixed_version": "3.0.11-1"}}}}});
    std::fs::write(&feed, tracker.to_string()).unwrap();
    let source: SourceSpec = format!("debian={}", feed.display()).parse().unwrap();
    build(&[source], &out, &SigningKey::at(&key_path(&out)).unwrap()).unwrap();
    let client = Client::login(primary).await;
    client.call("POST", "/v1/fed/promote", &json!({"name": "head"})).await;
    let client = Client::login(primary).await;
    let registry = json!({"config": {"name": REGISTRY, "registry_type": "Docker Registry",
        "registry": "http://127.0.0.1:1/", "filters": ["*"]}});
    let (status, answer) = client.call("POST", "/v1/scan/registry", &registry).await;
    assert_eq!((status.as_u16(), answer), (200, Value::Null));
}

/// Asks for a scan of an image that a listing would have found.
async fn schedule(primary: &Primary, digest: Digest) {
    let found = FoundImage {
        repository: "shop/orders".to_owned(),
        tag: digest.to_string(),
        digest: Some(digest),
        index_digest: None,
        result: String::new(),
    };
    let mut tx = primary.database().begin().await.unwrap();
    image::put(&mut tx, REGISTRY, &found, Inventory::FORMAT).await.unwrap();
    job::scan_scheduled(&mut tx, REGISTRY).await.unwrap();
    tx.commit().await.unwrap();
}

/// Waits for the number that the query gives of an image.
async fn number(primary: &Primary, query: &'static str, digest: Digest) -> i32 {
    let wait = async {
        loop {
            let mut conn = primary.database().acquire().await.unwrap();
            let found: Option<Option<i32>> = sqlx::query_scalar(query)
                .bind(digest.as_bytes())
                .fetch_optional(&mut *conn)
                .await
                .unwrap();
            if let Some(Some(found)) = found {
                return found;
            }
            drop(conn);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap()
}

/// What an older build finds less of, or fails for, a younger one looks at again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_worker_reads_is_kept_as_what_it_is() {
    let primary = Primary::start().await;
    shop(&primary).await;
    let token = primary.token_for(MemberKind::Scanner, 1).await;
    let identity = Newcomer::worker("worker").join(&primary, &token).await.unwrap();
    let own = Inventory::FORMAT;
    let younger = own.unsigned_abs() + 1;
    for (told, kept) in [(own.unsigned_abs(), own), (0, 0), (1, 1), (younger, own)] {
        let image = Digest::of(format!("image {told}").as_bytes());
        let broken = Digest::of(format!("broken {told}").as_bytes());
        for digest in [image, broken] {
            schedule(&primary, digest).await;
        }
        let mut worker = Worker::open(&primary, &identity, told).await;
        for _ in 0..2 {
            let job = worker.job().await;
            worker.say(if job.digest == image.to_oci() { read(&job) } else { failed(&job) }).await;
        }
        let query = "SELECT format FROM inventory WHERE digest = $1";
        assert_eq!(number(&primary, query, image).await, kept, "{told}");
        let query = "SELECT broken_format FROM image WHERE digest = $1";
        assert_eq!(number(&primary, query, broken).await, kept, "{told}");
    }
    primary.stop().await;
}

/// Nobody reads it then, and it does not say that somebody does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_waits_again_when_its_worker_is_gone() {
    let primary = Primary::start().await;
    shop(&primary).await;
    let token = primary.token_for(MemberKind::Scanner, 1).await;
    let identity = Newcomer::worker("worker").join(&primary, &token).await.unwrap();
    let digest = Digest::of(b"image");
    schedule(&primary, digest).await;
    let mut worker = Worker::open(&primary, &identity, Inventory::FORMAT.unsigned_abs()).await;
    worker.job().await;
    let query = "SELECT 1 FROM image WHERE digest = $1 AND status = 'scanning'";
    assert_eq!(number(&primary, query, digest).await, 1);
    drop(worker);
    // At once, and not when the lease ends.
    let query = "SELECT 1 FROM image WHERE digest = $1 AND status = 'scheduled'";
    assert_eq!(number(&primary, query, digest).await, 1);
    primary.stop().await;
}
