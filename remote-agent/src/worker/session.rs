//! One life of the connection.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use palisade_api::Code;
use palisade_api::clock::SharedClock;
use palisade_api::federation::scan_client::ScanClient;
use palisade_api::federation::{ScanJob, WorkerHello, WorkerUp, worker_down, worker_up};
use palisade_scanner::Inventory;
use palisade_transport::client::{ConnectError, PrimaryConnection, Trust, connect_through};
use palisade_transport::identity::MemberIdentity;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tracing::{info, warn};

use super::{Shared, WorkerConfig, job};
use crate::enrol;

/// Parts that wait for the connection.
const UP_QUEUE: usize = 8;
/// How long the primary may take to open the stream.
const OPEN: Duration = Duration::from_secs(20);
/// The pause after a renewal that failed, at most.
const RENEW_AGAIN: Duration = Duration::from_mins(1);

/// How a session ended.
pub(super) enum End {
    /// With a new certificate, which the next one uses.
    Renewed(Box<MemberIdentity>),
    /// The primary has removed this worker.
    NoMember(String),
    /// Connect again after a pause. `worked`: the stream was open.
    Failed { why: String, worked: bool },
}

impl End {
    fn failed(why: impl std::fmt::Display, worked: bool) -> Self {
        Self::Failed { why: why.to_string(), worked }
    }

    fn connect(error: &ConnectError, worked: bool) -> Self {
        match error {
            ConnectError::Revoked => Self::NoMember(error.to_string()),
            _ => Self::failed(error, worked),
        }
    }

    fn broken(connection: &PrimaryConnection, status: &Status, worked: bool) -> Self {
        match connection.failure() {
            Some(failure) => Self::connect(failure, worked),
            None if enrol::code_of(status) == Some(Code::RemoteUnauthorized) => {
                Self::NoMember(status.message().to_owned())
            }
            None => Self::failed(status.message(), worked),
        }
    }
}

/// Dials, works, and says how it ended. Scans under way end with it.
pub(super) async fn run(
    config: &WorkerConfig,
    shared: &Arc<Shared>,
    identity: &MemberIdentity,
    clock: &SharedClock,
) -> End {
    let address = match identity.membership().primary_address.parse() {
        Ok(address) => address,
        Err(error) => return End::failed(error, false),
    };
    let connection =
        match connect_through(&address, Trust::Member(identity), config.proxy.as_ref()).await {
            Ok(connection) => connection,
            Err(error) => return End::connect(&error, false),
        };
    let (up, queue) = mpsc::channel(UP_QUEUE);
    let hello = WorkerHello {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        slots: config.slots,
        inventory_format: Inventory::FORMAT.unsigned_abs(),
    };
    // The queue is empty: this cannot fail.
    drop(up.try_send(WorkerUp { body: Some(worker_up::Body::Hello(hello)) }));
    let mut client = ScanClient::new(connection.channel());
    let opening = tokio::time::timeout(OPEN, client.work(ReceiverStream::new(queue)));
    let mut down = match opening.await {
        Ok(Ok(opened)) => opened.into_inner(),
        Ok(Err(status)) => return End::broken(&connection, &status, false),
        Err(_) => return End::failed("the primary does not open the stream", false),
    };
    info!(primary = identity.membership().primary_name, slots = config.slots, "takes scan jobs");

    let mut jobs = Jobs::default();
    let until_renewal = || identity.validity().until_renewal(clock.now(), &mut rand::rng());
    let renewal = tokio::time::sleep(until_renewal());
    tokio::pin!(renewal);
    loop {
        let message = tokio::select! {
            message = down.message() => message,
            () = jobs.ended() => continue,
            () = &mut renewal => {
                match renew(config, &connection, identity, clock).await {
                    Ok(renewed) => return End::Renewed(Box::new(renewed)),
                    Err(why) => warn!(why, "the certificate could not be renewed"),
                }
                let pause = until_renewal().min(RENEW_AGAIN);
                renewal.as_mut().reset(tokio::time::Instant::now() + pause);
                continue;
            }
        };
        match message {
            Ok(Some(message)) => match message.body {
                Some(worker_down::Body::Job(job)) => jobs.start(shared, job, up.clone()),
                Some(worker_down::Body::Cancel(cancel)) => jobs.cancel(cancel.id),
                Some(worker_down::Body::RenewNow(_)) => {
                    renewal.as_mut().reset(tokio::time::Instant::now());
                }
                None => {}
            },
            Ok(None) => return End::failed("the primary closed the stream", true),
            Err(status) => return End::broken(&connection, &status, true),
        }
    }
}

async fn renew(
    config: &WorkerConfig,
    connection: &PrimaryConnection,
    identity: &MemberIdentity,
    clock: &SharedClock,
) -> Result<MemberIdentity, String> {
    let renewed =
        enrol::renew(connection, identity, clock).await.map_err(|error| error.to_string())?;
    renewed.store(&config.data_dir).map_err(|error| error.to_string())?;
    Ok(renewed)
}

/// Scans under way; dropped with the session. The primary keeps to the slots.
#[derive(Default)]
struct Jobs {
    tasks: JoinSet<i64>,
    by_id: HashMap<i64, AbortHandle>,
}

impl Jobs {
    fn start(&mut self, shared: &Arc<Shared>, job: ScanJob, up: mpsc::Sender<WorkerUp>) {
        let shared = Arc::clone(shared);
        let id = job.id;
        let handle = self.tasks.spawn(async move {
            job::run(&shared, job, up).await;
            id
        });
        self.by_id.insert(id, handle);
    }

    fn cancel(&mut self, id: i64) {
        if let Some(handle) = self.by_id.remove(&id) {
            handle.abort();
        }
    }

    /// Waits for the end of a scan; for ever when there is none.
    async fn ended(&mut self) {
        match self.tasks.join_next().await {
            Some(Ok(id)) => drop(self.by_id.remove(&id)),
            Some(Err(_)) => self.by_id.retain(|_, handle| !handle.is_finished()),
            None => std::future::pending().await,
        }
    }
}
