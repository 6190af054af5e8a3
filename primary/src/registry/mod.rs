//! Federated registries: each image is scanned once for the whole federation.
//!
//! [`settings`] keeps the registries, [`schedule`] starts their scans,
//! [`root_of_trust`] says whose signatures count, [`worker`] takes the jobs that [`list`]
//! and [`scan`] do, [`publish`] writes verdicts to the log, [`vulndb`] looks
//! after the vulnerability database.

pub mod credentials;
mod error;
mod finding;
mod list;
pub mod probe;
mod publish;
mod reader;
mod report;
pub mod root_of_trust;
mod scan;
mod schedule;
pub mod settings;
mod signature;
mod vulndb;
pub mod worker;

use std::path::PathBuf;
use std::sync::Arc;

use palisade_api::clock::SharedClock;
use palisade_scanner::vulndb::VulndbFile;
use palisade_scanner::{LayerCache, Limits};
use palisade_transport::seal::Sealer;
use tokio::sync::Notify;
use uuid::Uuid;

pub use error::RegistryFailure;
use finding::Told;
use probe::Probes;
pub use reader::{ImageToRead, ReadFailure, Reader};
pub use report::PackError;

use crate::shutdown::Shutdown;
use crate::store::Database;

/// What everything about registries shares.
#[derive(Debug)]
pub struct Registries {
    pub(crate) database: Database,
    pub(crate) clock: SharedClock,
    pub(crate) sealer: Arc<Sealer>,
    /// The file with the keys of Sigstore's public parts.
    trusted_root: Option<PathBuf>,
    /// The vulnerability database.
    pub vulndb: VulndbFile,
    /// The tests of registries that run.
    pub probes: Probes,
    pub(crate) cache: LayerCache,
    pub(crate) limits: Limits,
    /// What was written of the present database.
    told: Told,
    /// This replica among the scanners.
    pub(crate) replica: Uuid,
    /// Scans at a time in this process.
    slots: u32,
    /// Wakes the workers of this replica.
    pub(crate) jobs: Notify,
    /// Wakes the publisher of this replica.
    pub(crate) reports: Notify,
}

impl Registries {
    /// Puts the parts together; nothing runs yet.
    pub fn new(
        database: Database,
        clock: SharedClock,
        sealer: Arc<Sealer>,
        vulndb: VulndbFile,
        trusted_root: Option<PathBuf>,
        slots: u32,
    ) -> Arc<Self> {
        Arc::new(Self {
            database,
            clock,
            sealer,
            vulndb,
            trusted_root,
            probes: Probes::default(),
            cache: LayerCache::default(),
            limits: Limits::default(),
            told: Told::default(),
            replica: Uuid::new_v4(),
            slots,
            jobs: Notify::new(),
            reports: Notify::new(),
        })
    }

    /// Starts the tasks, which run until the shutdown.
    pub fn start(self: &Arc<Self>, shutdown: &Shutdown) {
        worker::start(self, shutdown);
        publish::start(self, shutdown);
        schedule::start(self, shutdown);
        vulndb::start(self, shutdown);
    }
}
