//! One life of the connection.

mod apply;
mod calls;
mod end;
mod open;
mod told;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use palisade_api::clock::SharedClock;
use palisade_api::federation::down::Body as Down;
use palisade_api::federation::up::Body as UpBody;
use palisade_api::federation::{Call, Pong, Welcome};
use palisade_api::rest::event::name;
use palisade_controller::Controller;
use palisade_controller::federation::FederationReplica;
use palisade_scanner::VulnDb;
use palisade_sync::Receiver;
use palisade_transport::client::PrimaryConnection;
use palisade_transport::identity::MemberIdentity;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{LinkConfig, LinkHandle, configuration, upward, workloads};
use crate::{call, enrol};
use apply::{apply, watch_drift};
use calls::Calls;
pub(super) use end::{End, Failure};
use open::{open, reports};

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
/// How long a connection with a new certificate waits for calls under way: as long as the
/// primary waits for an answer.
const HAND_OVER: Duration = Duration::from_mins(2);
/// The pause after a renewal that failed, at most.
const RENEW_AGAIN: Duration = Duration::from_mins(1);

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
                            _ => self.until_renewal().min(RENEW_AGAIN),
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
                Some(Down::Bye(bye)) => return End::farewell(&bye, self.worked),
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
        self.identity.validity().until_renewal(self.clock.now(), &mut rand::rng())
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
