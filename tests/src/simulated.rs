//! Members without a cluster: real certificates, real streams and the real
//! replica, but the objects are kept in memory and nothing is put in force.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use palisade_api::federation::enrol_client::EnrolClient;
use palisade_api::federation::link_client::LinkClient;
use palisade_api::federation::{Bye, Down, Hello, JoinRequest, Pong, Resync, Up, bye, down, up};
use palisade_api::join_token::JoinTokenEnvelope;
use palisade_api::kind::{LogId, ObjectKind};
use palisade_api::{ClusterId, Code, Revision, feature};
use palisade_sync::{Applied, Change, Held, Position, Receiver, Replacement, ReplicaStore, Reply};
use palisade_sync::{Item, ObjectError, SetDigest};
use palisade_transport::backoff::Backoff;
use palisade_transport::client::{PrimaryAddress, Trust, connect};
use palisade_transport::identity::{MemberIdentity, Membership, SigningRequest};
use rustls::pki_types::CertificateDer;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;

/// What a simulated member has acknowledged of the federation's log.
#[derive(Clone, Copy, Debug)]
pub struct Acknowledged {
    /// Up to where.
    pub revision: Revision,
    /// When the acknowledgement was handed to the stream.
    pub at: Instant,
}

/// One simulated member; its stream ends when it is dropped.
#[derive(Debug)]
pub struct SimulatedMember {
    acknowledged: [watch::Receiver<Acknowledged>; 2],
    store: Arc<MemoryStore>,
    task: JoinHandle<()>,
}

impl SimulatedMember {
    /// How many objects it holds, of both logs.
    pub fn objects(&self) -> usize {
        LogId::ALL.iter().map(|log| self.store.with(*log, |log| log.objects.len())).sum()
    }

    /// Up to where it holds `log`.
    pub fn holds(&self, log: LogId) -> Revision {
        self.store.with(log, |log| log.position.map_or(Revision::ZERO, |at| at.revision))
    }

    /// Whether its stream has ended.
    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// The names of the objects of a kind that it holds.
    pub fn names(&self, kind: ObjectKind) -> BTreeSet<String> {
        self.store.with(kind.log(), |log| {
            let of_kind = log.objects.keys().filter(|(number, _)| *number == kind.number());
            of_kind.map(|(_, name)| name.clone()).collect()
        })
    }

    /// The names of all objects, tombstones included, that it was ever sent one
    /// by one.
    pub fn heard(&self) -> BTreeSet<String> {
        self.store.with(LogId::Federation, |log| log.heard.clone())
    }

    /// What it has acknowledged of `log`, as it goes on.
    pub fn acknowledged(&self, log: LogId) -> watch::Receiver<Acknowledged> {
        self.acknowledged[log.number() as usize - 1].clone()
    }
}

impl Drop for SimulatedMember {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The token for members that reach the primary by another address.
pub fn token_for(token: &str, address: SocketAddr) -> Result<String> {
    let mut envelope: JoinTokenEnvelope = serde_json::from_slice(&BASE64_STANDARD.decode(token)?)?;
    envelope.server = address.ip().to_string();
    envelope.port = address.port();
    Ok(BASE64_STANDARD.encode(serde_json::to_vec(&envelope)?))
}

/// Joins the federation as `name`.
pub async fn join(token: &str, name: &str) -> Result<MemberIdentity> {
    join_as(token, JoinRequest { name: name.to_owned(), ..JoinRequest::default() }).await
}

/// Joins the federation as `name` with labels.
pub async fn join_labelled(
    token: &str,
    name: &str,
    labels: &[(&str, &str)],
) -> Result<MemberIdentity> {
    let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let name = name.to_owned();
    join_as(token, JoinRequest { name, labels: labels.collect(), ..JoinRequest::default() }).await
}

/// Joins the federation with what `request` says of the cluster; ticket, key, time
/// and version are added where it says nothing.
pub async fn join_as(token: &str, request: JoinRequest) -> Result<MemberIdentity> {
    let envelope: JoinTokenEnvelope = serde_json::from_slice(&BASE64_STANDARD.decode(token)?)?;
    let address = PrimaryAddress { host: envelope.server, port: envelope.port };
    let connection = connect(&address, Trust::Fingerprint(envelope.authority)).await?;
    let key = SigningRequest::generate()?;
    let name = request.name.clone();
    let answer = EnrolClient::new(connection.channel())
        .join(JoinRequest {
            ticket: envelope.ticket,
            signing_request: key.der().to_vec().into(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            sent_at_ms: chrono::Utc::now().timestamp_millis(),
            ..request
        })
        .await?
        .into_inner();
    let chain = answer.certificate_chain.iter().map(certificate).collect();
    let membership = Membership {
        cluster_id: answer.cluster_id.parse::<ClusterId>()?,
        name,
        home: answer.home,
        primary_id: answer.primary_id.parse()?,
        primary_name: answer.primary_name,
        primary_address: address.to_string(),
        former_addresses: Vec::new(),
        announced_address: None,
        authorities: answer.authorities.iter().map(certificate).collect(),
    };
    Ok(key.certified(chain, membership)?)
}

/// A link that obeys nobody: the test says what goes up, and takes what comes
/// down, or does not.
#[derive(Debug)]
pub struct RawLink {
    /// To the primary.
    pub up: mpsc::Sender<Up>,
    /// From the primary.
    pub down: tonic::Streaming<Down>,
}

impl RawLink {
    /// Opens the link of a member that says `hello`.
    pub async fn open(identity: &MemberIdentity, hello: Hello) -> Result<Self> {
        let address: PrimaryAddress = identity.membership().primary_address.parse()?;
        let connection = connect(&address, Trust::Member(identity)).await?;
        let (up, ups) = mpsc::channel(16);
        up.send(message(up::Body::Hello(hello))).await?;
        let down = LinkClient::new(connection.channel())
            .max_decoding_message_size(64 << 20)
            .open(ReceiverStream::new(ups))
            .await?
            .into_inner();
        Ok(Self { up, down })
    }

    /// Sends a message; fails when the link has ended.
    pub async fn say(&self, body: up::Body) -> Result<()> {
        Ok(self.up.send(message(body)).await?)
    }

    /// Why the primary ends the link; everything before is passed over.
    pub async fn bye(&mut self) -> Result<Bye> {
        while let Some(down) = self.down.message().await? {
            if let Some(down::Body::Bye(bye)) = down.body {
                return Ok(bye);
            }
        }
        bail!("the link ended without a word")
    }
}

/// What a member says that holds nothing yet.
pub fn hello() -> Hello {
    Hello {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        positions: LogId::ALL.iter().map(|log| Position::NONE.to_wire(*log)).collect(),
        roles: vec!["controller".to_owned()],
        sent_at_ms: chrono::Utc::now().timestamp_millis(),
        ..Hello::default()
    }
}

fn certificate(der: &bytes::Bytes) -> CertificateDer<'static> {
    CertificateDer::from(der.to_vec())
}

/// Opens the stream of a member and keeps it in step until it breaks.
pub async fn open(identity: &MemberIdentity) -> Result<SimulatedMember> {
    let (seats, acknowledged) = seats();
    let store = Arc::new(MemoryStore::default());
    let session = Session::open(identity, Arc::clone(&store)).await?;
    let task = tokio::spawn(async move {
        if let Err(error) = session.keep_up(&seats).await {
            println!("a simulated member lost its stream: {error:#}");
        }
    });
    Ok(SimulatedMember { acknowledged, store, task })
}

/// As [`open`], and opens it again as an agent does, with growing pauses, for as
/// long as the member lives.
pub fn keep(identity: Arc<MemberIdentity>) -> SimulatedMember {
    let (seats, acknowledged) = seats();
    let store = Arc::new(MemoryStore::default());
    let held = Arc::clone(&store);
    let task = tokio::spawn(async move {
        let mut backoff = Backoff::default();
        loop {
            let mut least = Duration::ZERO;
            if let Ok(session) = Session::open(&identity, Arc::clone(&held)).await {
                backoff.reset();
                // Why it ended is nobody's concern: it begins again.
                least = session.keep_up(&seats).await.unwrap_or_default();
            }
            let pause = backoff.next(&mut rand::rng()).max(least);
            tokio::time::sleep(pause).await;
        }
    });
    SimulatedMember { acknowledged, store, task }
}

type Seats = [watch::Sender<Acknowledged>; 2];

fn seats() -> (Seats, [watch::Receiver<Acknowledged>; 2]) {
    let begin = Acknowledged { revision: Revision::ZERO, at: Instant::now() };
    let [(federation, federation_seen), (verdicts, verdicts_seen)] =
        [watch::channel(begin), watch::channel(begin)];
    ([federation, verdicts], [federation_seen, verdicts_seen])
}

fn message(body: up::Body) -> Up {
    Up { body: Some(body) }
}

/// One life of a stream.
struct Session {
    stream: tonic::Streaming<palisade_api::federation::Down>,
    receiver: Receiver<MemoryStore>,
    up: mpsc::Sender<Up>,
}

impl Session {
    async fn open(identity: &MemberIdentity, store: Arc<MemoryStore>) -> Result<Self> {
        let address: PrimaryAddress = identity.membership().primary_address.parse()?;
        let connection = connect(&address, Trust::Member(identity)).await?;
        let receiver =
            Receiver::open(store, &LogId::ALL, |kind| ObjectKind::from_number(kind).is_some())
                .await?;
        let (up, ups) = mpsc::channel(16);
        up.send(message(up::Body::Hello(Hello {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            features: vec![feature::OLDER_OBJECTS.to_owned()],
            positions: receiver.positions(),
            roles: vec!["controller".to_owned()],
            sent_at_ms: chrono::Utc::now().timestamp_millis(),
            ..Hello::default()
        })))
        .await?;
        let stream = LinkClient::new(connection.channel())
            .max_decoding_message_size(64 << 20)
            .open(ReceiverStream::new(ups))
            .await?
            .into_inner();
        Ok(Self { stream, receiver, up })
    }

    /// Keeps up until the stream ends; gives the pause that a primary that stops
    /// asks for.
    async fn keep_up(mut self, seats: &Seats) -> Result<Duration> {
        while let Some(down) = self.stream.message().await? {
            match down.body.context("an empty message")? {
                down::Body::Sync(frame) => {
                    self.receiver.receive(frame)?;
                    for reply in self.receiver.settle().await? {
                        answer(reply, &self.up, seats).await?;
                    }
                }
                down::Body::Probe(Pong { nonce }) => {
                    self.up.send(message(up::Body::Pong(Pong { nonce }))).await?;
                }
                down::Body::Bye(bye) if bye.reason() == bye::Reason::Shutdown => {
                    return Ok(Duration::from_millis(bye.retry_after_ms.into()));
                }
                down::Body::Bye(bye) => bail!("the primary said bye: {}", bye.text),
                _ => {}
            }
        }
        Ok(Duration::ZERO)
    }
}

async fn answer(reply: Reply, up: &mpsc::Sender<Up>, acknowledged: &Seats) -> Result<()> {
    match reply {
        Reply::Ack(ack) => {
            let position = ack.position.clone().context("an acknowledgement of nothing")?;
            up.send(message(up::Body::Ack(ack))).await?;
            let seen = Acknowledged { revision: Revision(position.revision), at: Instant::now() };
            acknowledged[position.log as usize - 1].send_replace(seen);
        }
        Reply::Resync(log) => {
            up.send(message(up::Body::Resync(Resync { log: log.number() }))).await?;
        }
    }
    Ok(())
}

/// Objects with `broken` in their name are kept and cannot be put in force.
fn refusal(item: &Item) -> Option<ObjectError> {
    (item.payload.is_some() && item.name.contains("broken")).then(|| ObjectError {
        kind: item.kind,
        name: item.name.clone(),
        revision: item.revision,
        code: Code::InvalidRequest,
        text: "it cannot be put in force".to_owned(),
        field: "comment".to_owned(),
    })
}

/// Objects of one log by kind and name, with their state.
#[derive(Debug, Default)]
struct Log {
    position: Option<Position>,
    objects: HashMap<(u32, String), (Revision, bytes::Bytes)>,
    digest: SetDigest,
    heard: BTreeSet<String>,
}

/// A replica's store in memory.
#[derive(Debug, Default)]
struct MemoryStore([Mutex<Log>; 2]);

impl MemoryStore {
    fn with<T>(&self, log: LogId, change: impl FnOnce(&mut Log) -> T) -> T {
        let log = &self.0[log.number() as usize - 1];
        change(&mut log.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ReplicaStore for MemoryStore {
    type Error = Infallible;

    async fn held(&self, log: LogId) -> Result<Held, Infallible> {
        let position = self.with(log, |log| log.position).unwrap_or(Position::NONE);
        Ok(Held { position, errors: Vec::new() })
    }

    async fn apply(&self, log: LogId, changes: Vec<Change>) -> Result<Applied, Infallible> {
        let applied = self.with(log, |log| {
            let mut position = log.position.unwrap_or(Position::NONE);
            let mut errors = Vec::new();
            for change in changes {
                position.revision = change.revision;
                for item in change.items {
                    let key = (item.kind, item.name.clone());
                    log.heard.insert(item.name.clone());
                    errors.extend(refusal(&item));
                    let old = log.objects.get(&key);
                    log.digest.replace(old.map(|(r, payload)| (*r, payload.as_ref())), &item);
                    match item.payload {
                        Some(payload) => log.objects.insert(key, (item.revision, payload)),
                        None => log.objects.remove(&key),
                    };
                }
            }
            position.digest = log.digest;
            log.position = Some(position);
            Applied { position, errors }
        });
        Ok(applied)
    }

    async fn replace(
        &self,
        log: LogId,
        replacement: Replacement,
    ) -> Result<Vec<ObjectError>, Infallible> {
        self.with(log, |log| {
            log.digest = SetDigest::of(&replacement.items);
            log.position = Some(replacement.position);
            log.objects = replacement
                .items
                .into_iter()
                .filter_map(|item| Some(((item.kind, item.name), (item.revision, item.payload?))))
                .collect();
        });
        Ok(Vec::new())
    }
}
