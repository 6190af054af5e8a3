//! The link of a member, through the real listener and the real database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use palisade_api::federation::down::Body as Down;
use palisade_api::federation::link_client::LinkClient;
use palisade_api::federation::up::Body as UpBody;
use palisade_api::federation::{
    AnswerHead, AnswerPart, Call, Caller, Event, EventBatch, FetchReportRequest, Header, Hello,
    Pong, Up, answer_part, bye,
};
use palisade_api::kind::LogId;
use palisade_api::rest::scan::ScanReportData;
use palisade_api::{Digest, ObjectKind, Revision};
use palisade_primary::federation::forwarding::{self, ForwardError};
use palisade_primary::federation::link_status::LinkState;
use palisade_primary::federation::membership::{self, Ending};
use palisade_primary::store::change::{self, NewItem};
use palisade_primary::store::event::list;
use palisade_primary::store::report::{MatchResult, NewReport, UsedDatabase};
use palisade_primary::store::{self, Actor};
use palisade_scanner::source::ImageConfig;
use palisade_scanner::{Ecosystem, Inventory, LayeredPackage, Package};
use palisade_sync::{
    Applied, Change, Held, Item, Position, Receiver, Replacement, ReplicaStore, Reply, SetDigest,
};
use palisade_transport::client::PrimaryConnection;
use palisade_transport::identity::MemberIdentity;
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use crate::agent::{Newcomer, member_connection, refusal};
use crate::primary::Primary;

const PATIENCE: Duration = Duration::from_secs(30);

/// The groups of these tests; promotion makes others.
const PREFIX: &str = "fed.test-";

type Objects = BTreeMap<(u32, String), Item>;

/// A replica's store in memory.
#[derive(Debug, Default)]
struct Memory(Mutex<BTreeMap<LogId, (Option<Position>, Objects)>>);

impl Memory {
    fn names(&self, log: LogId) -> Vec<String> {
        let logs = self.0.lock().unwrap();
        logs.get(&log).map_or_else(Vec::new, |(_, objects)| {
            let names = objects.values().map(|item| item.name.clone());
            names.filter(|name| name.starts_with(PREFIX)).collect()
        })
    }
}

impl ReplicaStore for Memory {
    type Error = std::convert::Infallible;

    async fn held(&self, log: LogId) -> Result<Held, Self::Error> {
        let position = self.0.lock().unwrap().get(&log).and_then(|(position, _)| *position);
        Ok(Held { position: position.unwrap_or(Position::NONE), errors: Vec::new() })
    }

    async fn apply(&self, log: LogId, changes: Vec<Change>) -> Result<Applied, Self::Error> {
        let mut logs = self.0.lock().unwrap();
        let (position, objects) = logs.entry(log).or_default();
        let position = position.get_or_insert(Position::NONE);
        for change in changes {
            for item in change.items {
                let key = (item.kind, item.name.clone());
                let old = objects.remove(&key);
                let old = old.as_ref().and_then(|o| Some((o.revision, o.payload.as_deref()?)));
                position.digest.replace(old, &item);
                if item.payload.is_some() {
                    objects.insert(key, item);
                }
            }
            position.revision = change.revision;
        }
        Ok(Applied { position: *position, errors: Vec::new() })
    }

    async fn replace(
        &self,
        log: LogId,
        replacement: Replacement,
    ) -> Result<Vec<palisade_sync::ObjectError>, Self::Error> {
        assert_eq!(SetDigest::of(&replacement.items), replacement.position.digest);
        let items = replacement.items.into_iter();
        let objects = items.map(|item| ((item.kind, item.name.clone()), item)).collect();
        self.0.lock().unwrap().insert(log, (Some(replacement.position), objects));
        Ok(Vec::new())
    }
}

/// A link as an agent keeps it.
struct Link {
    up: mpsc::Sender<Up>,
    down: Streaming<palisade_api::federation::Down>,
    receiver: Receiver<Memory>,
    connection: PrimaryConnection,
    events_acked: u64,
}

impl Link {
    async fn open(primary: &Primary, identity: &MemberIdentity, memory: &Arc<Memory>) -> Self {
        let connection = member_connection(primary, identity).await.unwrap();
        let receiver = Receiver::open(memory.clone(), &LogId::ALL, |_| true).await.unwrap();
        let (up, queue) = mpsc::channel(16);
        let hello = Hello {
            version: "0.1.0".to_owned(),
            positions: receiver.positions(),
            roles: vec!["controller".to_owned()],
            ..Hello::default()
        };
        up.send(Up { body: Some(UpBody::Hello(hello)) }).await.unwrap();
        let mut client = LinkClient::new(connection.channel());
        let down = client.open(ReceiverStream::new(queue)).await.unwrap().into_inner();
        Self { up, down, receiver, connection, events_acked: 0 }
    }

    async fn say(&self, body: UpBody) {
        self.up.send(Up { body: Some(body) }).await.unwrap();
    }

    /// Answers what has come, perhaps too late: a primary that has said
    /// farewell listens no more.
    async fn answer(&self, body: UpBody) {
        let _ended = self.up.send(Up { body: Some(body) }).await;
    }

    /// Handles messages until `enough`; gives the one that is not for the
    /// replica, or none at the end of the stream.
    async fn until(&mut self, mut enough: impl FnMut(&Self) -> bool) -> Option<Down> {
        let handled = async {
            loop {
                if enough(self) {
                    return None;
                }
                let message = self.down.message().await.ok()??;
                match message.body? {
                    Down::Welcome(_) => {}
                    Down::Sync(frame) => {
                        self.receiver.receive(frame).unwrap();
                        for reply in self.receiver.settle().await.unwrap() {
                            let Reply::Ack(ack) = reply else { panic!("a gap") };
                            self.answer(UpBody::Ack(ack)).await;
                        }
                    }
                    Down::EventsAck(ack) => self.events_acked = ack.seq,
                    Down::Probe(probe) => {
                        self.answer(UpBody::Pong(Pong { nonce: probe.nonce })).await;
                    }
                    body => return Some(body),
                }
            }
        };
        tokio::time::timeout(PATIENCE, handled).await.expect("it takes too long")
    }

    async fn bye(&mut self) -> bye::Reason {
        match self.until(|_| false).await {
            Some(Down::Bye(bye)) => bye.reason(),
            other => panic!("no farewell: {other:?}"),
        }
    }

    async fn until_held(&mut self, revision: Revision) {
        let held =
            |link: &Self| link.receiver.held(LogId::Federation).unwrap().revision >= revision;
        let other = self.until(held).await;
        assert!(other.is_none(), "{other:?}");
    }
}

async fn member(primary: &Primary, name: &str) -> MemberIdentity {
    let token = primary.token(1, false).await;
    Newcomer::named(name).join(primary, &token).await.unwrap()
}

async fn commit(primary: &Primary, items: &[NewItem]) -> Revision {
    let mut tx = primary.database().begin().await.unwrap();
    let actor = Actor::new("admin", "");
    let revision = change::commit(&mut tx, LogId::Federation, &actor, items).await.unwrap();
    tx.commit().await.unwrap();
    revision
}

fn group(name: &str) -> NewItem {
    NewItem::put(ObjectKind::Group, format!("{PREFIX}{name}"), Bytes::from_static(b"{}"))
}

fn no_group(name: &str) -> NewItem {
    NewItem::delete(ObjectKind::Group, format!("{PREFIX}{name}"))
}

async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let waited = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.unwrap_or_else(|_| panic!("never: {what}"));
}

fn state(primary: &Primary, identity: &MemberIdentity) -> Option<LinkState> {
    let status = primary.app.links.status(identity.membership().cluster_id);
    status.map(|status| status.state)
}

#[tokio::test]
async fn a_member_receives_what_is_committed_and_is_synced_by_its_digest() {
    let primary = Primary::start().await;
    let staging = member(&primary, "staging").await;
    let first = commit(&primary, &[group("a"), group("b")]).await;
    assert_eq!(state(&primary, &staging), None);
    let memory = Arc::new(Memory::default());
    let mut link = Link::open(&primary, &staging, &memory).await;
    link.until_held(first).await;
    let second = commit(&primary, &[no_group("a"), group("c")]).await;
    link.until_held(second).await;
    assert_eq!(memory.names(LogId::Federation), ["fed.test-b", "fed.test-c"]);
    // The verdict log is empty, and a snapshot of it says so.
    let epoch = link.receiver.held(LogId::Federation).unwrap().epoch;
    link.until(|link| link.receiver.held(LogId::Verdicts).unwrap().epoch == epoch).await;
    eventually("synced", || state(&primary, &staging) == Some(LinkState::Synced)).await;

    // What happens while it is away arrives when it is back.
    drop(link);
    eventually("disconnected", || state(&primary, &staging).is_none()).await;
    let last = commit(&primary, &[no_group("b")]).await;
    let mut link = Link::open(&primary, &staging, &memory).await;
    link.until_held(last).await;
    assert_eq!(memory.names(LogId::Federation), ["fed.test-c"]);
    eventually("synced again", || state(&primary, &staging) == Some(LinkState::Synced)).await;
    primary.stop().await;
}

#[tokio::test]
async fn a_replica_that_was_damaged_gets_everything_again() {
    let primary = Primary::start().await;
    let staging = member(&primary, "staging").await;
    let revision = commit(&primary, &[group("a"), group("b")]).await;
    let memory = Arc::new(Memory::default());
    let mut link = Link::open(&primary, &staging, &memory).await;
    link.until_held(revision).await;
    drop(link);
    {
        let mut logs = memory.0.lock().unwrap();
        let (position, objects) = logs.get_mut(&LogId::Federation).unwrap();
        let key = (ObjectKind::Group.number(), format!("{PREFIX}a"));
        objects.remove(&key).unwrap();
        position.as_mut().unwrap().digest = SetDigest::of(objects.values());
    }
    let mut link = Link::open(&primary, &staging, &memory).await;
    let names = memory.clone();
    link.until(move |_| names.names(LogId::Federation).len() == 2).await;
    primary.stop().await;
}

#[tokio::test]
async fn events_are_stored_once_and_acknowledged() {
    let primary = Primary::start().await;
    let staging = member(&primary, "staging").await;
    let mut link = Link::open(&primary, &staging, &Arc::default()).await;
    let event = |seq| Event {
        seq,
        at_ms: chrono::Utc::now().timestamp_millis(),
        name: "Admission.Control.Denied".to_owned(),
        level: "Critical".to_owned(),
        category: "audit".to_owned(),
        detail: Bytes::from_static(br#"{"image":"orders:v1","workload_domain":"shop"}"#),
    };
    link.say(UpBody::Events(EventBatch { events: vec![event(1), event(2)] })).await;
    link.say(UpBody::Events(EventBatch { events: vec![event(2), event(3)] })).await;
    link.until(|link| link.events_acked == 3).await;
    let mut conn = primary.database().acquire().await.unwrap();
    let all = list::newest(Vec::new(), 0, 10);
    let events = list::list(&mut conn, &all).await.unwrap();
    let mine = staging.membership().cluster_id;
    let events: Vec<_> = events.into_iter().filter(|event| event.cluster == mine).collect();
    let seqs: Vec<u64> = events.iter().map(|event| event.event.seq).collect();
    assert_eq!(seqs, [3, 2, 1]);
    assert_eq!(events[0].cluster_name, "staging");
    assert_eq!(
        (events[0].event.namespace.as_str(), events[0].event.image.as_str()),
        ("shop", "orders:v1")
    );
    let other = list::newest(vec![list::of_category("event")], 0, 10);
    // The primary tells of the join by an event of its own.
    let other = list::list(&mut conn, &other).await.unwrap();
    assert!(other.iter().all(|event| event.cluster != mine), "{other:?}");
    drop(conn);
    primary.stop().await;
}

#[tokio::test]
async fn a_second_link_is_refused_while_the_first_one_lives() {
    let primary = Primary::start().await;
    let staging = member(&primary, "staging").await;
    let mut first = Link::open(&primary, &staging, &Arc::default()).await;
    let live = tokio::spawn(async move {
        first.until(|_| false).await;
        first
    });
    let mut second = Link::open(&primary, &staging, &Arc::default()).await;
    assert_eq!(second.bye().await, bye::Reason::Duplicate);
    assert!(state(&primary, &staging).is_some());
    live.abort();
    primary.stop().await;
}

#[tokio::test]
async fn a_first_link_that_does_not_answer_makes_way() {
    let primary = Primary::start().await;
    let staging = member(&primary, "staging").await;
    let _dumb = Link::open(&primary, &staging, &Arc::default()).await;
    let memory = Arc::new(Memory::default());
    let mut second = Link::open(&primary, &staging, &memory).await;
    let revision = commit(&primary, &[group("a")]).await;
    second.until_held(revision).await;
    primary.stop().await;
}

#[tokio::test]
async fn farewells_say_why() {
    let primary = Primary::start().await;
    let kicked = member(&primary, "kicked").await;
    let stays = member(&primary, "stays").await;
    let mut first = Link::open(&primary, &kicked, &Arc::default()).await;
    let mut second = Link::open(&primary, &stays, &Arc::default()).await;
    let cluster = kicked.membership().cluster_id;
    let actor = Actor::new("admin", "");
    membership::remove(&primary.app, &actor, cluster, Ending::Kicked).await.unwrap();
    assert_eq!(first.bye().await, bye::Reason::Removed);
    primary.app.shutdown.request();
    assert_eq!(second.bye().await, bye::Reason::Shutdown);
    drop((first, second));
    primary.stop().await;
}

async fn call_member(
    primary: &Primary,
    identity: &MemberIdentity,
    deadline: Duration,
) -> Result<http::Response<axum::body::Body>, ForwardError> {
    let request = http::Request::post("/v1/workload?view=pod")
        .header("x-auth-token", "secret")
        .header("content-type", "application/json")
        .body(axum::body::Body::from("question"))
        .unwrap();
    let caller = Caller { name: "admin".to_owned(), ..Caller::default() };
    let cluster = identity.membership().cluster_id;
    forwarding::call(&primary.app.links, cluster, request, caller, deadline).await
}

/// Answers a call with its own body, twice.
async fn echo(connection: &PrimaryConnection, call: Call) {
    let (parts, queue) = mpsc::channel(4);
    let part = |body| AnswerPart { body: Some(body) };
    parts.send(part(answer_part::Body::Id(call.id))).await.unwrap();
    let mut client = LinkClient::new(connection.channel());
    let mut body = client.answer(ReceiverStream::new(queue)).await.unwrap().into_inner();
    let question = body.next().await.unwrap().unwrap().chunk;
    let last = body.next().await.unwrap().unwrap();
    assert!(last.chunk.is_empty(), "{last:?}");
    let header = Header { name: "x-kind".to_owned(), value: Bytes::from_static(b"echo") };
    let head = AnswerHead { status: 418, headers: vec![header] };
    parts.send(part(answer_part::Body::Head(head))).await.unwrap();
    for _ in 0..2 {
        parts.send(part(answer_part::Body::Chunk(question.clone()))).await.unwrap();
    }
    drop(parts);
    let end = body.next().await;
    assert!(end.is_none(), "{end:?}");
}

#[tokio::test]
async fn a_call_is_answered_through_the_link() {
    let primary = Primary::start().await;
    let staging = member(&primary, "staging").await;
    let refused = call_member(&primary, &staging, PATIENCE).await.unwrap_err();
    assert_eq!(refused, ForwardError::Disconnected);

    let mut link = Link::open(&primary, &staging, &Arc::default()).await;
    let agent = async {
        let Some(Down::Call(call)) = link.until(|_| false).await else { panic!("no call") };
        assert_eq!((call.method.as_str(), call.path.as_str()), ("POST", "/v1/workload?view=pod"));
        let names: Vec<&str> = call.headers.iter().map(|header| header.name.as_str()).collect();
        assert_eq!(names, ["content-type"]);
        assert!(call.has_body);
        echo(&link.connection, call).await;
    };
    let caller = async {
        let answer = call_member(&primary, &staging, PATIENCE).await.unwrap();
        assert_eq!(answer.status(), 418);
        assert_eq!(answer.headers()["x-kind"], "echo");
        axum::body::to_bytes(answer.into_body(), 1024).await.unwrap()
    };
    let ((), body) = tokio::join!(agent, caller);
    assert_eq!(body, "questionquestion");

    // Nobody answers this one: it is cancelled on the other side.
    let caller = call_member(&primary, &staging, Duration::from_millis(50));
    assert_eq!(caller.await.unwrap_err(), ForwardError::TimedOut);
    assert!(matches!(link.until(|_| false).await, Some(Down::Call(_))));
    assert!(matches!(link.until(|_| false).await, Some(Down::CallCancel(_))));
    drop(link);
    primary.stop().await;
}

/// Stores a report of an image with many packages, whose names do not shrink.
async fn store_report(primary: &Primary, digest: Digest) -> Inventory {
    let package = |n: u32| LayeredPackage {
        package: Package::new(Ecosystem::Npm, Digest::of(&n.to_be_bytes()).to_string(), "1", "f"),
        layer: None,
    };
    let inventory = Inventory {
        digest: Some(digest),
        index_digest: None,
        image_id: None,
        config: ImageConfig::default(),
        layers: Vec::new(),
        distribution: None,
        packages: (0..1_000).map(package).collect(),
        set_ids: Vec::new(),
        malware: Vec::new(),
        secrets: Vec::new(),
        problems: Vec::new(),
    };
    let pack = |json: &str| zstd::encode_all(json.as_bytes(), 3).unwrap();
    let report = NewReport {
        digest,
        summary: "{}",
        image_id: "",
        base_os: "",
        size: 0,
        signatures: None,
        findings_only: true,
        result: MatchResult {
            scanned_at: primary.app.clock.now(),
            vulndb: UsedDatabase {
                digest: Digest::of(b"database"),
                built_at: primary.app.clock.now(),
                version: "1.0",
                create_time: "",
            },
            counts: [0; 5],
            body: Some(&pack("[]")),
            body_digest: Digest::of(b"[]"),
            findings_digest: Digest::of(b""),
            verdict: Some(b""),
        },
    };
    let packed = pack(&serde_json::to_string(&inventory).unwrap());
    let mut conn = primary.database().acquire().await.unwrap();
    store::inventory::put(&mut conn, digest, Inventory::FORMAT, &packed).await.unwrap();
    store::report::put(&mut conn, &report).await.unwrap();
    inventory
}

#[tokio::test]
async fn a_report_is_fetched_by_the_digest_of_its_image() {
    let primary = Primary::start().await;
    let staging = member(&primary, "staging").await;
    let digest = Digest::of(b"orders:v1");
    let stored = store_report(&primary, digest).await;
    let connection = member_connection(&primary, &staging).await.unwrap();
    let mut client = LinkClient::new(connection.channel());
    let request = |digest: Digest| FetchReportRequest { image_digest: digest.to_oci() };
    let mut parts = client.fetch_report(request(digest)).await.unwrap().into_inner();
    let mut fetched = Vec::new();
    while let Some(part) = parts.message().await.unwrap() {
        assert!(part.chunk.len() <= 16 * 1024);
        fetched.extend_from_slice(&part.chunk);
    }
    assert!(fetched.len() > 16 * 1024, "the report fits into one part");
    let json = zstd::decode_all(fetched.as_slice()).unwrap();
    let data: ScanReportData = serde_json::from_slice(&json).unwrap();
    assert_eq!(data.report.modules.len(), stored.packages.len());
    assert!(data.report.vulnerabilities.is_empty());
    let missing = client.fetch_report(request(Digest::of(b"other"))).await.unwrap_err();
    assert_eq!(refusal(&missing).0, palisade_api::Code::ObjectNotFound.number());
    drop((client, connection));
    primary.stop().await;
}

#[tokio::test]
async fn what_was_acknowledged_is_written_down() {
    let primary = Primary::start().await;
    let staging = member(&primary, "staging").await;
    let revision = commit(&primary, &[group("a")]).await;
    let mut link = Link::open(&primary, &staging, &Arc::default()).await;
    link.until_held(revision).await;
    primary.clock.advance(TimeDelta::seconds(1));
    let cluster = staging.membership().cluster_id;
    let written = async {
        loop {
            let mut conn = primary.database().acquire().await.unwrap();
            let member = palisade_primary::store::member::get(&mut conn, cluster).await.unwrap();
            let member = member.unwrap();
            if member.revision == revision && member.last_seen_at.is_some() {
                return;
            }
            drop(conn);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, written).await.unwrap();
    drop(link);
    primary.stop().await;
}
