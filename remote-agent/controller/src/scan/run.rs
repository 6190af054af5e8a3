//! Doing the scans: one at a time, so that a node has its processors for what
//! it is there for.

use std::sync::atomic::Ordering;
use std::time::Duration;

use palisade_api::rest::event::{Audit, Event, level, name};
use palisade_api::rest::host::Host;
use palisade_api::rest::scan::{ScanBrief, Vulnerability};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::asset::{AssetKey, AssetKind};
use super::scanner::{Judged, ScanFailure, ScanSetup, Subject};
use super::{KUBERNETES, Scans, platform};
use crate::Controller;
use crate::event::rfc3339;
use crate::node::{container, host};

/// How often the node is asked what runs on it.
const OBSERVE: Duration = Duration::from_secs(5);
/// The pause before a scan that failed is tried again.
const AGAIN: Duration = Duration::from_secs(15);
/// Names of vulnerabilities in one record at most.
const MOST_NAMES: usize = 100;

/// Observes, scans and looks again with new databases, until `stop`. Does
/// nothing where this agent does not scan.
pub async fn run(controller: Controller, stop: CancellationToken) {
    let Some(setup) = controller.scans().scans_here().cloned() else { return };
    let worker = Worker { controller: &controller, scans: controller.scans(), setup: &setup };
    stop.run_until_cancelled(async {
        tokio::join!(worker.observe(), worker.scan_all(), worker.look_again());
    })
    .await;
}

struct Worker<'a> {
    controller: &'a Controller,
    scans: &'a Scans,
    setup: &'a ScanSetup,
}

impl Worker<'_> {
    /// Keeps the list of what there is.
    async fn observe(&self) {
        loop {
            let paths = self.setup.node.clone();
            let known = self.scans.state().containers.clone();
            let seen =
                spawn_blocking(move || (host::read(&paths), container::list(&paths, &known)));
            match seen.await {
                Ok((host, Ok(containers))) => {
                    let gone: Vec<AssetKey> = {
                        let mut state = self.scans.state();
                        state.assets.add((AssetKind::Host, host.id.clone()));
                        if !self.setup.kube_version.is_empty() {
                            state.assets.add(platform());
                        }
                        for id in containers.keys() {
                            state.assets.add((AssetKind::Workload, id.clone()));
                        }
                        let config = state.config;
                        state.assets.schedule_new(config);
                        let keys = state.assets.keys();
                        let gone = keys.filter(|(kind, id)| match kind {
                            AssetKind::Host => *id != host.id,
                            AssetKind::Workload => !containers.contains_key(id),
                            AssetKind::Platform => self.setup.kube_version.is_empty(),
                        });
                        let gone = gone.cloned().collect();
                        let host = self.on_platform(host);
                        let differs = state.host != host || state.containers != containers;
                        state.host = host;
                        state.containers = containers;
                        if differs {
                            self.scans.observed.send_modify(|times| *times += 1);
                        }
                        gone
                    };
                    for key in gone {
                        self.scans.forget(&key).await;
                    }
                    self.scans.wake.notify_one();
                }
                Ok((_, Err(error))) => warn!(%error, "cannot tell which containers run"),
                // This program is shutting down.
                Err(_) => return,
            }
            tokio::time::sleep(OBSERVE).await;
        }
    }

    fn on_platform(&self, host: Host) -> Host {
        let platform = if self.setup.kube_version.is_empty() { "" } else { KUBERNETES };
        Host { platform: platform.to_owned(), ..host }
    }

    /// Does the scans that were asked for, once there is a database.
    async fn scan_all(&self) {
        self.setup.scanner.database_other_than("").await;
        loop {
            let next = self.scans.state().assets.take();
            let Some(key) = next else {
                self.scans.wake.notified().await;
                continue;
            };
            match self.scan(&key).await {
                Ok(judged) => {
                    let count = match key.0 {
                        AssetKind::Host => Some(&self.scans.scanned_hosts),
                        AssetKind::Workload => Some(&self.scans.scanned_containers),
                        AssetKind::Platform => None,
                    };
                    if let Some(count) = count {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                    if !self.exists(&key) {
                        // It ended meanwhile.
                        self.scans.forget(&key).await;
                        continue;
                    }
                    info!(kind = key.0.as_str(), id = key.1, "scanned");
                    self.scans.state().assets.scanned(&key, judged.brief.clone());
                    self.tell(&key, &judged).await;
                }
                Err(failure) => {
                    let again =
                        self.scans.state().assets.failed(&key, &failure.text, failure.transient);
                    if again {
                        tokio::time::sleep(AGAIN).await;
                    } else if self.exists(&key) {
                        self.tell_failure(&key, &failure).await;
                    }
                }
            }
        }
    }

    async fn scan(&self, key: &AssetKey) -> Result<Judged, ScanFailure> {
        let subject = self
            .subject(key)
            .ok_or_else(|| ScanFailure { text: "container exit".to_owned(), transient: false })?;
        let inventory = self.setup.scanner.read(subject).await?;
        let read_ms = self.controller.clock().now().timestamp_millis();
        let (kind, id) = (key.0.as_str(), key.1.as_str());
        let store = self.controller.store();
        store.scan_put(kind, id, &inventory, read_ms).await.map_err(|error| kept(&error))?;
        self.judge(key, inventory, read_ms).await
    }

    fn subject(&self, key: &AssetKey) -> Option<Subject> {
        let node = &self.setup.node;
        match key.0 {
            AssetKind::Host => Some(Subject::Node(node.root.clone())),
            AssetKind::Platform => Some(Subject::Kubernetes(self.setup.kube_version.clone())),
            AssetKind::Workload => {
                let state = self.scans.state();
                let container = state.containers.get(&key.1)?;
                Some(Subject::Container(container.root(node)))
            }
        }
    }

    /// Whether a failure is worth telling: what ended meanwhile is not.
    fn exists(&self, key: &AssetKey) -> bool {
        self.scans.state().assets.contains(key)
    }

    async fn judge(
        &self,
        key: &AssetKey,
        inventory: Vec<u8>,
        read_ms: i64,
    ) -> Result<Judged, ScanFailure> {
        let judged = self.setup.scanner.judge(inventory, read_ms).await?;
        let brief = serde_json::to_string(&judged.brief)
            .map_err(|error| ScanFailure { text: error.to_string(), transient: false })?;
        let (kind, id) = (key.0.as_str(), key.1.as_str());
        let version = &judged.brief.scanner_version;
        let store = self.controller.store();
        store.scan_set_brief(kind, id, &brief, version).await.map_err(|error| kept(&error))?;
        Ok(judged)
    }

    /// Holds what was read against each new database.
    async fn look_again(&self) {
        let mut known = String::new();
        loop {
            known = self.setup.scanner.database_other_than(&known).await.version;
            let outdated = self.controller.store().scan_list_outdated(&known).await;
            let outdated = match outdated {
                Ok(outdated) => outdated,
                Err(error) => {
                    warn!(%error, "cannot look again at what was read");
                    continue;
                }
            };
            let mut changed = 0_u64;
            let all = outdated.len();
            for stored in outdated {
                let Some(kind) = AssetKind::parse(&stored.kind) else { continue };
                let key = (kind, stored.id);
                match self.look(&key).await {
                    Ok(Some(judged)) => {
                        // One that an older program wrote may not be readable.
                        let before = serde_json::from_str::<ScanBrief>(&stored.brief).ok();
                        self.scans.state().assets.finished(&key, judged.brief.clone());
                        let counts = |of: &ScanBrief| (of.critical, of.high, of.medium);
                        if before.is_none_or(|before| counts(&before) != counts(&judged.brief)) {
                            changed += 1;
                            self.tell(&key, &judged).await;
                        }
                    }
                    Ok(None) => {}
                    Err(error) => debug!(%error, id = key.1, "what was read cannot be looked at"),
                }
            }
            if all > 0 {
                info!(vulndb = known, all, changed, "looked again at what was read");
            }
        }
    }

    async fn look(&self, key: &AssetKey) -> Result<Option<Judged>, ScanFailure> {
        let stored = self.controller.store().scan_inventory(key.0.as_str(), &key.1).await;
        match stored.map_err(|error| kept(&error))? {
            Some((inventory, read_ms)) => self.judge(key, inventory, read_ms).await.map(Some),
            None => Ok(None),
        }
    }

    /// Leaves a record of what was found.
    async fn tell(&self, key: &AssetKey, judged: &Judged) {
        let brief = &judged.brief;
        let of = |severity: &str| -> Vec<String> {
            let names = judged.report.vulnerabilities.iter();
            let names = names.filter(|one| one.severity == severity);
            names.map(|one: &Vulnerability| one.name.clone()).take(MOST_NAMES).collect()
        };
        let (host, workload) = self.named(key);
        let now = self.controller.clock().now().timestamp_millis();
        let grave = brief.critical > 0 || brief.high > 0;
        let audit = Audit {
            name: match key.0 {
                AssetKind::Host => name::HOST_SCAN_REPORT,
                AssetKind::Workload => name::CONTAINER_SCAN_REPORT,
                AssetKind::Platform => name::PLATFORM_SCAN_REPORT,
            }
            .to_owned(),
            level: if grave { level::WARNING } else { level::INFO }.to_owned(),
            reported_timestamp: now / 1_000,
            reported_at: rfc3339(now),
            cluster_name: self.controller.cluster_name().to_string(),
            host_id: host.0,
            host_name: host.1,
            workload_id: workload.id,
            workload_name: workload.name,
            workload_domain: workload.domain,
            base_os: brief.base_os.clone(),
            critical_vul_cnt: brief.critical as u32,
            high_vul_cnt: brief.high as u32,
            medium_vul_cnt: brief.medium as u32,
            critical_vuls: of("Critical"),
            high_vuls: of("High"),
            cvedb_version: brief.scanner_version.clone(),
            ..Audit::default()
        };
        if let Err(error) = self.controller.record_audit(&audit).await {
            warn!(%error, "the record of a scan is lost");
        }
    }

    async fn tell_failure(&self, key: &AssetKey, failure: &ScanFailure) {
        warn!(kind = key.0.as_str(), id = key.1, %failure, "a scan failed");
        let (host, workload) = self.named(key);
        let event = Event {
            host_id: host.0,
            host_name: host.1,
            workload_id: workload.id,
            workload_name: workload.name,
            workload_domain: workload.domain,
            message: format!("A scan of the {} failed: {failure}", key.0.as_str()),
            ..self.controller.event(name::SCAN_FAILED, level::NOTICE)
        };
        if let Err(error) = self.controller.record_event(&event).await {
            warn!(%error, "the record of a failed scan is lost");
        }
    }

    /// Id and name of the node, and the container, concerned.
    fn named(&self, key: &AssetKey) -> ((String, String), Named) {
        let state = self.scans.state();
        let host = match key.0 {
            AssetKind::Platform => (String::new(), String::new()),
            _ => (state.host.id.clone(), state.host.name.clone()),
        };
        let workload = match key.0 {
            AssetKind::Workload => {
                let container = state.containers.get(&key.1);
                let domain = container.map(|one| one.engine.namespace.clone());
                Named { id: key.1.clone(), name: key.1.clone(), domain: domain.unwrap_or_default() }
            }
            _ => Named::default(),
        };
        (host, workload)
    }
}

/// A container in a record.
#[derive(Default)]
struct Named {
    id: String,
    name: String,
    domain: String,
}

fn kept(error: &crate::store::StoreError) -> ScanFailure {
    ScanFailure { text: format!("database error: {error}"), transient: true }
}
