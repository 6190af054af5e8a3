//! The cluster's own scans: its nodes, the containers that run on them, the
//! platform.
//!
//! [`asset`] is what is scanned and how far that is, [`scanner`] who scans,
//! [`run`] does it, [`listing`] pages through what was found. What was read is
//! kept, so that a new database is applied without the disk.

pub mod asset;
pub mod listing;
mod run;
pub mod scanner;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use palisade_api::rest::host::Host;
use palisade_api::rest::scan::{ScanBrief, ScanConfig, ScanConfigChange, ScanReport, ScanStatus};
use palisade_api::rest::workload::Workload;
use thiserror::Error;
use tokio::sync::{Notify, watch};
use tracing::warn;

use crate::node::container::Container;
use crate::store::{Store, StoreError};
use asset::{AssetKey, AssetKind, Assets, Phase};
pub use run::run;
use scanner::{Database, Judged, ScanFailure, ScanSetup};

/// The id of the only platform.
pub const PLATFORM: &str = "platform";
/// Its name.
pub const KUBERNETES: &str = "Kubernetes";
/// The settings in the store.
pub(crate) const SETTING: &str = "scan-config";

/// A question about scans that has no answer.
#[derive(Debug, Error)]
pub enum ScanError {
    /// This agent does not scan.
    #[error("this agent does not scan: it runs without the role scanner")]
    NoScanner,
    /// There is no such asset.
    #[error("there is no such {}: {id}", kind.as_str())]
    Unknown {
        /// Of this kind.
        kind: AssetKind,
        /// Of this id.
        id: String,
    },
    /// What was read cannot be held against the database.
    #[error(transparent)]
    Failed(#[from] ScanFailure),
    /// The database of the agent failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The cluster's own scans.
#[derive(Debug)]
pub struct Scans {
    setup: Option<ScanSetup>,
    store: Store,
    state: Mutex<State>,
    wake: Notify,
    observed: watch::Sender<u64>,
    scanned_hosts: AtomicI64,
    scanned_containers: AtomicI64,
}

#[derive(Debug, Default)]
struct State {
    config: ScanConfig,
    host: Host,
    containers: BTreeMap<String, Container>,
    assets: Assets,
}

impl Scans {
    /// What was read before is known again. Nothing runs yet.
    pub async fn open(setup: Option<ScanSetup>, store: Store) -> Result<Self, StoreError> {
        let mut state = State::default();
        if let Some(text) = store.setting(SETTING).await? {
            state.config =
                serde_json::from_str(&text).map_err(|_| StoreError::Damaged("scan setting"))?;
        }
        if setup.is_some() {
            for stored in store.scan_list().await? {
                let kind = AssetKind::parse(&stored.kind).ok_or(StoreError::Damaged("scan"))?;
                let key = (kind, stored.id);
                state.assets.add(key.clone());
                if !stored.brief.is_empty() {
                    let brief = serde_json::from_str(&stored.brief)
                        .map_err(|_| StoreError::Damaged("summary of a scan"))?;
                    state.assets.finished(&key, brief);
                }
            }
        }
        Ok(Self {
            setup,
            store,
            state: Mutex::new(state),
            wake: Notify::new(),
            observed: watch::channel(0).0,
            scanned_hosts: AtomicI64::new(0),
            scanned_containers: AtomicI64::new(0),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn setup(&self) -> Result<&ScanSetup, ScanError> {
        self.setup.as_ref().ok_or(ScanError::NoScanner)
    }

    /// Who scans, and where.
    pub fn scans_here(&self) -> Option<&ScanSetup> {
        self.setup.as_ref()
    }

    /// The database in use.
    pub fn database(&self) -> Option<Database> {
        self.setup.as_ref()?.scanner.database()
    }

    /// Nodes and containers that were scanned since the start.
    pub fn scanned(&self) -> (i64, i64) {
        let of = |count: &AtomicI64| count.load(Ordering::Relaxed);
        (of(&self.scanned_hosts), of(&self.scanned_containers))
    }

    /// The settings.
    pub fn config(&self) -> ScanConfig {
        self.state().config
    }

    /// Takes back stored settings.
    pub(crate) async fn restore(&self, text: &str) -> Result<(), StoreError> {
        let config: ScanConfig =
            serde_json::from_str(text).map_err(|_| StoreError::Damaged("scan setting"))?;
        self.store.setting_set(SETTING, text).await?;
        let mut state = self.state();
        state.config = config;
        state.assets.schedule_new(config);
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    /// Changes the settings; what they let be scanned is asked for.
    pub async fn config_change(&self, change: ScanConfigChange) -> Result<(), ScanError> {
        let config = asset::changed(self.config(), change);
        let text = serde_json::to_string(&config).map_err(|_| StoreError::Damaged("setting"))?;
        self.store.setting_set(SETTING, &text).await?;
        {
            let mut state = self.state();
            state.config = config;
            state.assets.schedule_new(config);
        }
        self.wake.notify_one();
        Ok(())
    }

    /// Asks for a scan.
    pub fn schedule(&self, kind: AssetKind, id: &str) -> Result<(), ScanError> {
        self.setup()?;
        let known = self.state().assets.schedule(&(kind, id.to_owned()));
        if !known {
            return Err(ScanError::Unknown { kind, id: id.to_owned() });
        }
        self.wake.notify_one();
        Ok(())
    }

    /// What is known of what was read last of `id`, held against the present
    /// database; empty before the first scan.
    pub async fn report(&self, kind: AssetKind, id: &str) -> Result<ScanReport, ScanError> {
        let setup = self.setup()?;
        if !self.state().assets.contains(&(kind, id.to_owned())) {
            return Err(ScanError::Unknown { kind, id: id.to_owned() });
        }
        let Some((inventory, read_ms)) = self.store.scan_inventory(kind.as_str(), id).await? else {
            return Ok(ScanReport::default());
        };
        let Judged { report, .. } = setup.scanner.judge(inventory, read_ms).await?;
        Ok(report)
    }

    /// How far the scans are.
    pub fn status(&self) -> ScanStatus {
        let database = self.database().unwrap_or_default();
        let state = self.state();
        ScanStatus {
            scanned: state.assets.count(Phase::Finished),
            scheduled: state.assets.count(Phase::Scheduled),
            scanning: state.assets.count(Phase::Scanning),
            failed: state.assets.count(Phase::Failed),
            cvedb_version: database.version,
            cvedb_create_time: database.create_time,
        }
    }

    /// The nodes.
    pub fn hosts(&self) -> Vec<Host> {
        let state = self.state();
        let key = (AssetKind::Host, state.host.id.clone());
        let Some(brief) = state.assets.brief(&key) else { return Vec::new() };
        vec![Host {
            containers: state.containers.len() as i64,
            pods: pods(&state.containers),
            scan_summary: Some(brief),
            ..state.host.clone()
        }]
    }

    /// The containers that run.
    pub fn workloads(&self) -> Vec<Workload> {
        let state = self.state();
        let workload = |container: &Container| Workload {
            scan_summary: state.assets.brief(&(AssetKind::Workload, container.id.clone())),
            ..container.workload(&state.host.name, &state.host.id)
        };
        state.containers.values().map(workload).collect()
    }

    /// The containers that run, without those that only hold a pod's
    /// namespaces; with the name of the node.
    pub fn containers(&self) -> (Host, Vec<Container>) {
        let state = self.state();
        let containers = state.containers.values().filter(|one| !one.engine.is_sandbox);
        (state.host.clone(), containers.cloned().collect())
    }

    /// How often something else was observed: 0 before the first time.
    pub fn observed(&self) -> watch::Receiver<u64> {
        self.observed.subscribe()
    }

    /// The summary of the platform's scan; none where its version is unknown.
    pub fn platform(&self) -> Option<ScanBrief> {
        self.state().assets.brief(&platform())
    }

    async fn forget(&self, key: &AssetKey) {
        self.state().assets.remove(key);
        if let Err(error) = self.store.scan_delete(key.0.as_str(), &key.1).await {
            // It is found again at the next start, and forgotten then.
            warn!(%error, id = key.1, "what was read of something that is gone stays");
        }
    }
}

fn platform() -> AssetKey {
    (AssetKind::Platform, PLATFORM.to_owned())
}

fn pods(containers: &BTreeMap<String, Container>) -> i64 {
    let mut uids: Vec<&str> =
        containers.values().map(|one| one.pod_uid.as_str()).filter(|uid| !uid.is_empty()).collect();
    uids.sort_unstable();
    uids.dedup();
    uids.len() as i64
}
