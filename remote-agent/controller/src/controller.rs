//! The controller as a whole: what its parts share.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use palisade_api::clock::SharedClock;
use palisade_api::rest::event::{Audit, Event, category, level, name};
use palisade_api::rest::fed::RestInfo;
use secrecy::SecretString;
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

use crate::admission::{AdmissionControl, Mode};
use crate::event::{RecordError, Recorder, rfc3339};
use crate::federation::{Federation, FederationReplica, tell_synced, watch_drift};
use crate::import::Imports;
use crate::in_force::InForce;
use crate::local_user::{LocalUserError, LocalUsers};
use crate::own_name::OwnName;
use crate::scan::Scans;
use crate::scan::scanner::ScanSetup;
use crate::store::{NewEvent, SpoolLimits, Store, StoreError};
use crate::usage::{Usage, watch_usage};

/// The database in the data folder.
pub const DATABASE: &str = "agent.db";

/// What a controller needs to know.
#[derive(Debug)]
pub struct ControllerConfig {
    /// Where everything is kept; exists.
    pub data_dir: PathBuf,
    /// The cluster's name in records.
    pub cluster_name: String,
    /// The name of the machine that it runs on.
    pub host_name: String,
    /// The mode that admission control starts in until one is set.
    pub admission_mode: Mode,
    /// How Kubernetes reaches the webhook, for clients that show it.
    pub webhook: RestInfo,
    /// The first admin's password; without one it is made up.
    pub bootstrap_password: Option<SecretString>,
    /// How much of events is kept.
    pub spool: SpoolLimits,
    /// What its own scans need; none where it does not scan.
    pub scan: Option<ScanSetup>,
    /// Whether an environment variable, `name=value`, is a secret.
    pub is_secret: fn(&str) -> bool,
}

/// Why a controller could not start.
#[derive(Debug, Error)]
pub enum ControllerError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Local users or their keys failed.
    #[error(transparent)]
    LocalUser(#[from] LocalUserError),
}

/// A running controller. Clones share it.
#[derive(Clone, Debug)]
pub struct Controller(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    cluster_name: OwnName,
    host_name: String,
    store: Store,
    spool: SpoolLimits,
    recorder: Recorder,
    clock: SharedClock,
    in_force: Arc<InForce>,
    admission: AdmissionControl,
    webhook: RestInfo,
    users: LocalUsers,
    federation: Arc<dyn Federation>,
    scans: Scans,
    imports: Imports,
    usage: Usage,
    is_secret: fn(&str) -> bool,
    started_at: DateTime<Utc>,
}

impl Controller {
    /// Opens the state in the data folder and puts it in force: a controller
    /// decides by what was applied before it was stopped, without its primary.
    /// Its tasks run on `tasks` until `stop`.
    pub async fn open(
        config: ControllerConfig,
        federation: Arc<dyn Federation>,
        clock: SharedClock,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self, ControllerError> {
        let store = Store::open(&config.data_dir.join(DATABASE)).await?;
        if federation.membership().is_none() {
            // The agent stopped on its way out of a federation.
            store.objects_forget_federation().await?;
        }
        let cluster_name = OwnName::new(&config.cluster_name);
        let in_force = Arc::new(InForce::load(&store).await?);
        let (recorder, task) =
            Recorder::new(store.clone(), config.spool, clock.clone(), cluster_name.clone()).await?;
        tasks.spawn(task.run(stop.clone()));
        let users = LocalUsers::open(
            &config.data_dir,
            store.clone(),
            config.bootstrap_password,
            clock.clone(),
        )
        .await?;
        let admission = AdmissionControl::open(store.clone(), config.admission_mode).await?;
        let scans = Scans::open(config.scan, store.clone()).await?;
        let started_at = clock.now();
        let controller = Self(Arc::new(Parts {
            cluster_name,
            host_name: config.host_name,
            store,
            spool: config.spool,
            recorder,
            clock,
            in_force,
            admission,
            webhook: config.webhook,
            users,
            federation,
            scans,
            imports: Imports::default(),
            usage: Usage::default(),
            is_secret: config.is_secret,
            started_at,
        }));
        tasks.spawn(watch_drift(controller.clone(), stop.clone()));
        tasks.spawn(tell_synced(controller.clone(), stop.clone()));
        tasks.spawn(watch_usage(controller.clone(), stop.clone()));
        Ok(controller)
    }

    /// The cluster's name in records.
    pub fn cluster_name(&self) -> Arc<str> {
        self.0.cluster_name.get()
    }

    /// Changes that name.
    pub fn set_cluster_name(&self, name: &str) {
        self.0.cluster_name.set(name);
    }

    /// The name of the machine that it runs on.
    pub fn host_name(&self) -> &str {
        &self.0.host_name
    }

    /// How Kubernetes reaches the webhook.
    pub fn webhook(&self) -> &RestInfo {
        &self.0.webhook
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Writes events.
    pub fn recorder(&self) -> &Recorder {
        &self.0.recorder
    }

    /// The present time.
    pub fn clock(&self) -> &SharedClock {
        &self.0.clock
    }

    /// What the cluster obeys.
    pub fn in_force(&self) -> &Arc<InForce> {
        &self.0.in_force
    }

    /// Admission control.
    pub fn admission(&self) -> &AdmissionControl {
        &self.0.admission
    }

    /// Local users.
    pub fn users(&self) -> &LocalUsers {
        &self.0.users
    }

    /// The cluster's own scans.
    pub fn scans(&self) -> &Scans {
        &self.0.scans
    }

    /// Imports of what it has of its own.
    pub(crate) fn imports(&self) -> &Imports {
        &self.0.imports
    }

    /// What this process uses of its machine.
    pub(crate) fn usage(&self) -> &Usage {
        &self.0.usage
    }

    /// Whether an environment variable, `name=value`, is a secret.
    pub(crate) fn is_secret(&self, variable: &str) -> bool {
        (self.0.is_secret)(variable)
    }

    /// When it was started.
    pub fn started_at(&self) -> DateTime<Utc> {
        self.0.started_at
    }

    /// The way to the primary.
    pub fn federation(&self) -> &Arc<dyn Federation> {
        &self.0.federation
    }

    /// The replica of the primary's logs.
    pub fn replica(&self) -> FederationReplica {
        FederationReplica::new(self.0.store.clone(), Arc::clone(&self.0.in_force))
    }

    /// Drops all that is federated; local configuration stays. Gives the
    /// number of objects dropped.
    pub async fn federation_forget(&self) -> Result<u64, StoreError> {
        self.replica().forget().await
    }

    /// The primary has stored all events up to `seq`.
    pub async fn events_acknowledge(&self, seq: u64) -> Result<(), StoreError> {
        self.0.store.events_acknowledge(seq, self.0.spool.kept).await
    }

    /// Records an event about the federation. That it could not be stored is
    /// logged: what it tells of has happened all the same.
    pub async fn note_federation(&self, name: &str, message: &str) {
        self.note_federation_at(name, level::INFO, message).await;
    }

    /// The same at another level.
    pub async fn note_federation_at(&self, name: &str, level: &str, message: &str) {
        let event = Event { message: message.to_owned(), ..self.event(name, level) };
        if let Err(error) = self.record_event(&event).await {
            error!(%error, name, "an event about the federation is lost");
        }
    }

    /// An event with what all events have.
    pub fn event(&self, name: &str, level: &str) -> Event {
        let now = self.0.clock.now();
        Event {
            name: name.to_owned(),
            level: level.to_owned(),
            reported_timestamp: now.timestamp(),
            reported_at: rfc3339(now.timestamp_millis()),
            cluster_name: self.0.cluster_name.get().to_string(),
            category: name::subject(name).to_owned(),
            ..Event::default()
        }
    }

    /// Stores `event` durably.
    pub async fn record_event(&self, event: &Event) -> Result<u64, RecordError> {
        let detail = serde_json::to_vec(event).map_err(|_| RecordError::Store)?;
        self.record(&event.name, &event.level, category::EVENT, detail).await
    }

    /// Stores `audit` durably.
    pub async fn record_audit(&self, audit: &Audit) -> Result<u64, RecordError> {
        let detail = serde_json::to_vec(audit).map_err(|_| RecordError::Store)?;
        self.record(&audit.name, &audit.level, category::AUDIT, detail).await
    }

    async fn record(
        &self,
        name: &str,
        level: &str,
        category: &str,
        detail: Vec<u8>,
    ) -> Result<u64, RecordError> {
        let event = NewEvent {
            at_ms: self.0.clock.now().timestamp_millis(),
            name: name.to_owned(),
            level: level.to_owned(),
            category: category.to_owned(),
            detail,
        };
        self.0.recorder.record(event).await
    }
}
