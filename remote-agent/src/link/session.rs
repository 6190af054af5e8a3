//! One life of the connection.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use palisade_api::clock::SharedClock;
use palisade_api::federation::bye::Reason;
use palisade_api::federation::down::Body as Down;
use palisade_api::federation::link_client::LinkClient;
use palisade_api::federation::up::Body as UpBody;
use palisade_api::federation::{
    Bye, Call, Hello, Pong, PrimaryAddress as PrimaryAddressMessage, Resync, TrustBundle, Up,
    Welcome,
};
use palisade_api::kind::LogId;
use palisade_api::protocol::{Mismatch, Protocols, SPOKEN};
use palisade_api::rest::event::name;
use palisade_api::sync::Frame;
use palisade_api::{Code, ObjectKind, feature};
use palisade_controller::Controller;
use palisade_controller::federation::{FederationReplica, Standing};
use palisade_scanner::VulnDb;
use palisade_sync::{Receiver, Reply};
use palisade_transport::client::{
    ConnectError, PrimaryAddress, PrimaryConnection, Trust, connect_through,
};
use palisade_transport::identity::{MemberIdentity, Membership};
use rustls_pki_types::CertificateDer;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tracing::{info, warn};

use super::{LinkConfig, LinkHandle, configuration, upward, workloads};
use crate::{call, enrol};

/// Messages that wait for the connection.
const UP_QUEUE: usize = 32;
/// Frames that wait to be applied; beyond that the connection's own flow
/// control holds the primary back.
const FRAME_QUEUE: usize = 64;
/// Answers about workloads that wait.
const HELD_QUEUE: usize = 4;
/// Calls answered at once. The primary has 64 under way; those whose answer it
/// has read may still be ending here.
const CALLS: usize = 256;
/// The largest message that is taken: an object of a megabyte, and its frame.
const MOST_MESSAGE_BYTES: usize = 2 << 20;
/// How long the primary may take to open the stream.
const OPEN: Duration = Duration::from_secs(20);
/// How long a connection with a new certificate waits for calls under way.
const HAND_OVER: Duration = Duration::from_secs(30);
/// The pause after a renewal that failed.
const RENEW_AGAIN: Duration = Duration::from_mins(1);

/// How a session ended.
#[derive(Debug)]
pub(super) enum End {
    /// The agent stops.
    Stopped,
    /// Connect again at once.
    Again,
    /// Connect again after a pause. `worked`: something was acknowledged.
    Failed { why: String, worked: bool, retry_after: Duration, standing: Standing },
    /// This cluster is no member any more.
    NoMember { event: &'static str, why: String },
}

impl End {
    fn failed(why: impl std::fmt::Display, worked: bool) -> Self {
        let standing = Standing::Disconnected;
        Self::Failed { why: why.to_string(), worked, retry_after: Duration::ZERO, standing }
    }

    /// The end that a broken connection means.
    fn broken(connection: &PrimaryConnection, status: &Status, worked: bool) -> Self {
        match connection.failure() {
            Some(failure) => Self::connect(failure, worked),
            None if enrol::code_of(status) == Some(Code::RemoteUnauthorized) => {
                Self::NoMember { event: name::FEDERATION_KICK, why: status.message().to_owned() }
            }
            None => Self::failed(status.message(), worked),
        }
    }

    fn connect(error: &ConnectError, worked: bool) -> Self {
        match error {
            ConnectError::Revoked => {
                Self::NoMember { event: name::FEDERATION_KICK, why: error.to_string() }
            }
            _ => Self::failed(error, worked),
        }
    }
}

/// Dials, speaks, and says how it ended.
pub(super) async fn run(
    config: &LinkConfig,
    handle: &LinkHandle,
    controller: &Controller,
    clock: &SharedClock,
    identity: &MemberIdentity,
    attempt: usize,
    life: &CancellationToken,
) -> End {
    let left = handle.left();
    let session = async {
        match open(config, handle, controller, clock, identity, attempt).await {
            Ok(session) => session.run(life).await,
            Err(end) => end,
        }
    };
    tokio::select! {
        () = life.cancelled() => End::Stopped,
        () = left.cancelled() => End::NoMember {
            event: name::FEDERATION_LEAVE,
            why: "this cluster left".to_owned(),
        },
        end = session => end,
    }
}

/// What this agent speaks beyond the protocol's first version.
fn features(controller: &Controller) -> Vec<String> {
    let workloads = reports(controller).then_some(workloads::FEATURE);
    [feature::OLDER_OBJECTS].into_iter().chain(workloads).map(str::to_owned).collect()
}

/// Whether this agent sees what runs.
fn reports(controller: &Controller) -> bool {
    controller.scans().scans_here().is_some()
}

struct Session<'a> {
    handle: &'a LinkHandle,
    controller: &'a Controller,
    clock: &'a SharedClock,
    identity: &'a MemberIdentity,
    connection: PrimaryConnection,
    down: tonic::Streaming<palisade_api::federation::Down>,
    up: mpsc::Sender<UpBody>,
    receiver: Option<Receiver<FederationReplica>>,
    router: Router,
    vulndb: Option<watch::Receiver<Option<Arc<VulnDb>>>>,
    worked: bool,
}

async fn open<'a>(
    config: &LinkConfig,
    handle: &'a LinkHandle,
    controller: &'a Controller,
    clock: &'a SharedClock,
    identity: &'a MemberIdentity,
    attempt: usize,
) -> Result<Session<'a>, End> {
    let receiver = Receiver::open(Arc::new(controller.replica()), &LogId::ALL, |kind| {
        ObjectKind::from_number(kind).is_some()
    })
    .await
    .map_err(|error| End::failed(error, false))?;
    let address = address(identity.membership(), attempt);
    let address =
        address.parse().map_err(|error| End::failed(format!("{address}: {error}"), false))?;
    let connection = connect_through(&address, Trust::Member(identity), handle.proxy())
        .await
        .map_err(|error| End::connect(&error, false))?;
    handle.dialled(connection.clone());

    let (up, queue) = mpsc::channel(UP_QUEUE);
    let hello = Hello {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        features: features(controller),
        positions: receiver.positions(),
        roles: config.roles.clone(),
        rest_server: handle.rest().server.clone(),
        rest_port: handle.rest().port.into(),
        sent_at_ms: clock.now().timestamp_millis(),
        protocol: Some(SPOKEN.to_wire()),
    };
    // The queue is empty: this cannot fail.
    drop(up.try_send(UpBody::Hello(hello)));
    let messages = ReceiverStream::new(queue).map(|body| Up { body: Some(body) });
    let mut client =
        LinkClient::new(connection.channel()).max_decoding_message_size(MOST_MESSAGE_BYTES);
    let opened = tokio::time::timeout(OPEN, client.open(messages))
        .await
        .map_err(|_| End::failed("the primary does not open the link", false))?;
    let down = opened.map_err(|status| End::broken(&connection, &status, false))?.into_inner();
    Ok(Session {
        handle,
        controller,
        clock,
        identity,
        connection,
        down,
        up,
        receiver: Some(receiver),
        router: config.router.clone(),
        vulndb: config.vulndb.clone(),
        worked: false,
    })
}

/// Where to dial: the address that the primary wants, and at every second attempt
/// after that failed one of those where it was before.
fn address(membership: &Membership, attempt: usize) -> &str {
    let former = &membership.former_addresses;
    if attempt.is_multiple_of(2) || former.is_empty() {
        return &membership.primary_address;
    }
    &former[(attempt / 2) % former.len()]
}

impl Session<'_> {
    async fn run(mut self, life: &CancellationToken) -> End {
        let (frames, frame_queue) = mpsc::channel(FRAME_QUEUE);
        let (acknowledged, acknowledged_watch) = watch::channel(0);
        let mut calls = Calls::default();
        let mut tasks: JoinSet<String> = JoinSet::new();
        if let Some(receiver) = self.receiver.take() {
            self.handle.receives(receiver.behind());
            tasks.spawn(apply(receiver, frame_queue, self.up.clone(), life.clone()));
        }
        tasks.spawn(watch_drift(self.controller.replica(), self.up.clone()));
        let (held, held_queue) = mpsc::channel(HELD_QUEUE);
        if reports(self.controller) {
            let controller = self.controller.clone();
            tasks.spawn(workloads::run(controller, held_queue, self.up.clone()));
        }
        let renewal = tokio::time::sleep(self.until_renewal());
        tokio::pin!(renewal);
        let mut handing_over = false;
        loop {
            let message = tokio::select! {
                message = self.down.message() => message,
                Some(ended) = tasks.join_next() => {
                    return End::failed(
                        ended.unwrap_or_else(|error| error.to_string()),
                        self.worked,
                    );
                }
                Some(()) = calls.ended() => {
                    if handing_over && calls.is_empty() {
                        return End::Again;
                    }
                    continue;
                }
                () = &mut renewal => {
                    if handing_over {
                        return End::Again;
                    }
                    let pause = match self.renew().await {
                        Ok(()) if calls.is_empty() => return End::Again,
                        Ok(()) => {
                            handing_over = true;
                            HAND_OVER
                        }
                        Err(end) => match end {
                            End::NoMember { .. } => return end,
                            _ => RENEW_AGAIN,
                        },
                    };
                    renewal.as_mut().reset(tokio::time::Instant::now() + pause);
                    continue;
                }
            };
            let body = match message {
                Ok(Some(message)) => message.body,
                Ok(None) => return End::failed("the primary closed the link", self.worked),
                Err(status) => return End::broken(&self.connection, &status, self.worked),
            };
            match body {
                Some(Down::Welcome(welcome)) => {
                    let configuration = welcome.configuration.clone();
                    match self.welcome(welcome, &acknowledged, acknowledged_watch.clone()).await {
                        Ok(send) => {
                            tasks.spawn(send);
                            tasks.spawn(configuration::keep(
                                self.controller.clone(),
                                self.connection.channel(),
                                configuration,
                            ));
                            if let Some(vulndb) = self.vulndb.take() {
                                tasks.spawn(tell_vulndb(vulndb, self.up.clone()));
                            }
                        }
                        Err(end) => return end,
                    }
                }
                Some(Down::Sync(frame)) => {
                    self.worked = true;
                    // Whoever applies has ended: the reason comes by its task.
                    drop(frames.send(frame).await);
                }
                Some(Down::EventsAck(ack)) => {
                    self.worked = true;
                    if let Err(error) = self.controller.events_acknowledge(ack.seq).await {
                        return End::failed(error, true);
                    }
                    acknowledged.send_replace(ack.seq);
                }
                Some(Down::Call(call)) => self.call(call, &mut calls, life),
                Some(Down::CallCancel(cancel)) => calls.cancel(cancel.id),
                Some(Down::Probe(probe)) => {
                    // A primary that is not read is busy enough.
                    drop(self.up.try_send(UpBody::Pong(Pong { nonce: probe.nonce })));
                }
                Some(Down::RenewNow(_)) => {
                    renewal.as_mut().reset(tokio::time::Instant::now());
                }
                Some(Down::Vulndb(offer)) => self.handle.vulndb_offered(offer),
                Some(Down::Trust(bundle)) => self.trust(&bundle),
                Some(Down::Address(address)) => self.moved(&address),
                Some(Down::Workloads(told)) => {
                    // One answer to one batch: more than fit are of no use.
                    drop(held.try_send(told.digest));
                }
                Some(Down::Bye(bye)) => return self.bye(&bye),
                // A message of a newer primary.
                None => {}
            }
        }
    }

    /// The primary has accepted this cluster: events go up from where it is.
    async fn welcome(
        &mut self,
        welcome: Welcome,
        acknowledged: &watch::Sender<u64>,
        watch: watch::Receiver<u64>,
    ) -> Result<impl Future<Output = String> + Send + use<>, End> {
        let failed = |error| End::failed(error, false);
        let store = self.controller.store().clone();
        store.events_continue_after(welcome.events_seen).await.map_err(failed)?;
        self.controller.events_acknowledge(welcome.events_seen).await.map_err(failed)?;
        let mut seen = store.events_acknowledged().await.map_err(failed)?;
        if welcome.events_seen > 0 {
            // A primary that was restored has fewer than it acknowledged: what is
            // still here goes up again.
            seen = seen.min(welcome.events_seen);
        }
        acknowledged.send_replace(seen);
        if let Some(bundle) = &welcome.trust {
            self.trust(bundle);
        }
        if let Some(address) = &welcome.address {
            self.moved(address);
        }
        self.handle.welcomed(welcome.pending);
        info!(
            primary = welcome.primary_name,
            version = welcome.version,
            events_seen = welcome.events_seen,
            "linked to the primary"
        );
        let recorded = self.controller.recorder().watch();
        let send = upward::run(store, seen, recorded, watch, self.up.clone());
        Ok(async move {
            match send.await {
                Ok(()) => "no more events are sent".to_owned(),
                Err(error) => error.to_string(),
            }
        })
    }

    /// The authorities to trust from now on.
    fn trust(&mut self, bundle: &TrustBundle) {
        let authorities: Vec<CertificateDer<'static>> =
            bundle.authorities.iter().map(|der| der.to_vec().into()).collect();
        // A bundle without the one of this connection would lock this cluster out.
        let verified = self.connection.authority();
        if !verified.is_some_and(|verified| authorities.contains(verified)) {
            warn!("the primary tells of authorities that this connection is not of; ignored");
            return;
        }
        self.learn(|present| Membership { authorities, ..present });
    }

    /// The primary wants to be reached elsewhere from now on.
    fn moved(&mut self, address: &PrimaryAddressMessage) {
        let Ok(port) = u16::try_from(address.port) else { return };
        let address = PrimaryAddress { host: address.server.clone(), port }.to_string();
        if address.parse::<PrimaryAddress>().is_ok() {
            self.learn(|present| present.announced(&address));
        }
    }

    /// Stores what the primary tells of itself, where that is new. The connection
    /// stays; the next one uses it.
    fn learn(&mut self, change: impl FnOnce(Membership) -> Membership) {
        let Some(identity) = self.handle.identity() else { return };
        let present = identity.membership();
        let told = change(present.clone());
        if told == *present {
            return;
        }
        info!(
            address = told.primary_address,
            authorities = told.authorities.len(),
            "the primary told its address and authorities"
        );
        if let Err(error) = self.handle.replace_identity(identity.with_membership(told)) {
            warn!(%error, "what the primary told of itself could not be stored");
        }
    }

    fn call(&self, call: Call, calls: &mut Calls, life: &CancellationToken) {
        let id = call.id;
        if calls.len() >= CALLS {
            warn!(id, "more calls than can be answered at once; the primary will give this one up");
            return;
        }
        let cancelled = calls.cancelled(id, life);
        let router = self.router.clone();
        let answer = call::answer(call, router, self.connection.channel(), cancelled);
        calls.tasks.spawn(async move {
            answer.await;
            id
        });
    }

    async fn renew(&mut self) -> Result<(), End> {
        let present = self.handle.identity();
        let present = present.as_deref().unwrap_or(self.identity);
        match enrol::renew(&self.connection, present, self.clock).await {
            Ok(identity) => self.handle.replace_identity(identity).map_err(|error| {
                warn!(%error, "the renewed certificate could not be stored");
                End::failed(error, self.worked)
            }),
            Err(enrol::EnrolError::Connect(error)) => {
                warn!(%error, "the certificate could not be renewed");
                Err(End::connect(&error, self.worked))
            }
            Err(error) => {
                warn!(%error, "the certificate could not be renewed");
                Err(End::failed(error, self.worked))
            }
        }
    }

    fn until_renewal(&self) -> Duration {
        let left = self.identity.validity().renewal_at() - self.clock.now();
        // Not at once: a primary whose clock differs must not be asked in a loop.
        left.to_std().unwrap_or_default().max(Duration::from_secs(1))
    }

    fn bye(&self, bye: &Bye) -> End {
        match bye.reason() {
            Reason::Removed => {
                End::NoMember { event: name::FEDERATION_KICK, why: said(bye, "it was removed") }
            }
            Reason::Demoted => End::NoMember {
                event: name::FEDERATION_LEAVE,
                why: said(bye, "the federation was dissolved"),
            },
            reason => End::Failed {
                why: said(bye, "the primary ended the link"),
                worked: self.worked,
                retry_after: Duration::from_millis(bye.retry_after_ms.into())
                    .min(Duration::from_mins(5)),
                standing: match reason {
                    Reason::Version => mismatched(bye),
                    _ => Standing::Disconnected,
                },
            },
        }
    }
}

/// Asks for a log from its start when what is stored of it turns out not to be
/// what came.
async fn watch_drift(replica: FederationReplica, up: mpsc::Sender<UpBody>) -> String {
    loop {
        let log = replica.drifted().await;
        if up.send(UpBody::Resync(Resync { log: log.number() })).await.is_err() {
            return "the connection is closed".to_owned();
        }
    }
}

/// Stores what comes down and sends what the primary has to hear, on a task of
/// its own: calls are answered while a snapshot is being stored.
async fn apply(
    receiver: Receiver<FederationReplica>,
    frames: mpsc::Receiver<Frame>,
    up: mpsc::Sender<UpBody>,
    life: CancellationToken,
) -> String {
    let (replies, mut queue) = mpsc::channel(UP_QUEUE);
    let send = async {
        while let Some(reply) = queue.recv().await {
            let message = match reply {
                Reply::Ack(ack) => UpBody::Ack(ack),
                Reply::Resync(log) => UpBody::Resync(Resync { log: log.number() }),
            };
            if up.send(message).await.is_err() {
                return;
            }
        }
    };
    let (stored, ()) = tokio::join!(receiver.run(frames, replies, life), send);
    match stored {
        Ok(()) => "no more is applied".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Tells the primary what this agent scans with, and when that changes.
async fn tell_vulndb(
    mut vulndb: watch::Receiver<Option<Arc<VulnDb>>>,
    up: mpsc::Sender<UpBody>,
) -> String {
    vulndb.mark_changed();
    while vulndb.changed().await.is_ok() {
        let held = vulndb.borrow_and_update().as_deref().map(crate::vulndb::held);
        if let Some(held) = held
            && up.send(UpBody::Vulndb(held)).await.is_err()
        {
            break;
        }
    }
    "the vulnerability database is not told any more".to_owned()
}

/// Which side has to be upgraded.
pub(super) fn mismatched(bye: &Bye) -> Standing {
    match SPOKEN.common(Protocols::from_wire(bye.protocol.as_ref())) {
        Err(_) if bye.upgrade_ongoing => Standing::UpgradeOngoing,
        Err(Mismatch::OtherTooOld) => Standing::PrimaryTooOld,
        Err(Mismatch::OtherTooNew) => Standing::AgentTooOld,
        Ok(_) => Standing::Disconnected,
    }
}

fn said(bye: &Bye, otherwise: &str) -> String {
    if bye.text.is_empty() { otherwise.to_owned() } else { bye.text.clone() }
}

/// Calls under way.
#[derive(Default)]
struct Calls {
    tasks: JoinSet<u64>,
    cancels: HashMap<u64, CancellationToken>,
}

impl Calls {
    fn len(&self) -> usize {
        self.tasks.len()
    }

    fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    fn cancelled(&mut self, id: u64, life: &CancellationToken) -> CancellationToken {
        let token = life.child_token();
        self.cancels.insert(id, token.clone());
        token
    }

    fn cancel(&mut self, id: u64) {
        if let Some(token) = self.cancels.remove(&id) {
            token.cancel();
        }
    }

    async fn ended(&mut self) -> Option<()> {
        if let Ok(id) = self.tasks.join_next().await? {
            self.cancels.remove(&id);
        }
        Some(())
    }
}
