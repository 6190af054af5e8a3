//! Federated registries: each image is scanned once for the whole federation.
//!
//! [`settings`] keeps the registries, [`config`] checks what clients say of them, and
//! [`schedule`] starts their scans; [`root_of_trust`] says whose signatures count,
//! [`worker`] takes the jobs that [`list`] and [`scan`] do, [`publish`] writes verdicts to
//! the log, [`vulndb`] looks after the vulnerability database, [`rematch`] holds what is
//! stored against a new one, [`check`] puts what images do not pass into rows;
//! [`vulnerability_profile`] is what is accepted, [`vex`] what documents say, and
//! [`repository`] scans what CI asks for.

pub mod asset;
pub mod check;
mod config;
mod count;
pub mod credentials;
mod error;
mod finding;
mod layer_store;
mod list;
pub mod probe;
mod publish;
mod push;
mod reader;
mod rematch;
mod report;
pub mod repository;
pub mod root_of_trust;
mod scan;
mod schedule;
pub mod settings;
mod signature;
pub mod vex;
pub mod vulndb;
pub mod vulnerability_profile;
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
use layer_store::SharedLayers;
use probe::Probes;
pub use push::{BadEvent, Proof, Pushed};
pub use reader::{ImageRead, ImageToRead, ReadFailure, Reader};
pub use report::PackError;

use crate::reconcile::Nudge;
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
    /// What VEX documents say.
    vex: vex::Held,
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
    /// Wakes who holds stored inventories against a new database.
    pub(crate) rematches: Notify,
    /// Wakes those who wait for a scan that they asked for.
    pub(crate) scans_ended: Notify,
    /// Wakes who keeps up what is known of the images that run.
    pub(crate) running: Nudge,
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
        let replica = Uuid::new_v4();
        let layers = SharedLayers { database: database.clone(), replica };
        Arc::new(Self {
            database,
            clock,
            sealer,
            vulndb,
            trusted_root,
            probes: Probes::default(),
            vex: vex::Held::default(),
            cache: LayerCache::default().before(Arc::new(layers)),
            limits: Limits::default(),
            told: Told::default(),
            replica,
            slots,
            jobs: Notify::new(),
            reports: Notify::new(),
            rematches: Notify::new(),
            scans_ended: Notify::new(),
            running: Nudge::default(),
        })
    }

    /// Starts the tasks, which run until the shutdown.
    pub fn start(self: &Arc<Self>, shutdown: &Shutdown) {
        worker::start(self, shutdown);
        publish::start(self, shutdown);
        rematch::start(self, shutdown);
        schedule::start(self, shutdown);
        vulndb::start(self, shutdown);
    }
}
