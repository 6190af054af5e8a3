//! What every part of the running primary shares.

use std::sync::Arc;

use palisade_api::clock::SharedClock;
use palisade_scanner::vulndb::VulndbFile;
use palisade_sync::feed::FeedConfig;
use palisade_transport::seal::Sealer;
use thiserror::Error;
use url::Url;

use crate::config::Config;
use crate::federation::deed_intake::DeedIntake;
use crate::federation::event_intake::EventIntake;
use crate::federation::link_registry::LinkRegistry;
use crate::federation::replica::Replicas;
use crate::federation::{self, FederationError, Trust, fanout};
use crate::identity::{Identity, IdentityError, IdentityOptions};
use crate::live::Live;
use crate::registry::Registries;
use crate::shutdown::Shutdown;
use crate::store::{Database, StoreError};

/// The parts of the running primary. Cloning shares them.
#[derive(Clone, Debug)]
pub struct App {
    /// What the operator configured.
    pub config: Arc<Config>,
    /// The only state.
    pub database: Database,
    /// The time that expiry and age are judged by.
    pub clock: SharedClock,
    /// The owner of all tasks.
    pub shutdown: Shutdown,
    /// Seals secrets at rest.
    pub sealer: Arc<Sealer>,
    /// Users and sessions.
    pub identity: Arc<Identity>,
    /// What the primary is trusted by.
    pub trust: Arc<Trust>,
    /// The members that are connected, and what they are sent.
    pub links: Arc<LinkRegistry>,
    /// The other replicas of this primary.
    pub replicas: Arc<Replicas>,
    /// Events of members on their way into the database.
    pub events: EventIntake,
    /// What users did, likewise.
    pub deeds: DeedIntake,
    /// Federated registries and their scans.
    pub registries: Arc<Registries>,
    /// Which lists changed.
    pub live: Arc<Live>,
}

/// A primary that cannot come up.
#[derive(Debug, Error)]
pub enum AppError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Users and sessions cannot be served.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The authority or a key cannot be had.
    #[error(transparent)]
    Federation(#[from] FederationError),
}

impl App {
    /// Puts the parts together. The database must be migrated.
    pub async fn open(
        config: Arc<Config>,
        database: Database,
        clock: SharedClock,
        shutdown: Shutdown,
    ) -> Result<Self, AppError> {
        let sealer = Arc::new(federation::authority::sealer(&config)?);
        let identity = Identity::open(
            database.clone(),
            clock.clone(),
            Arc::clone(&sealer),
            IdentityOptions {
                bootstrap_password: config.bootstrap_password.as_ref(),
                data_dir: &config.data_dir,
                https_proxy: config.https_proxy.as_ref().map(Url::as_str),
            },
        )
        .await?;
        identity.sweep(&shutdown);
        let trust = Arc::new(Trust::open(&config, &database, &sealer, &clock).await?);
        let links = LinkRegistry::new(fanout::feed(&database, FeedConfig::default()));
        let replicas = Replicas::new(database.clone(), Arc::clone(&trust), clock.clone());
        let events = EventIntake::start(&database, &clock, config.event_retention, &shutdown);
        let deeds = DeedIntake::start(&database, &shutdown);
        let vulndb = config.vulndb.clone().unwrap_or_else(|| config.data_dir.join("vulndb.plsd"));
        let registries = Registries::new(
            database.clone(),
            clock.clone(),
            Arc::clone(&sealer),
            VulndbFile::at(vulndb, config.vulndb_key.clone())
                .allow_older(config.vulndb_allow_older),
            config.trusted_root.clone(),
            config.scan_slots,
        );
        let live = Live::new();
        Ok(Self {
            config,
            database,
            clock,
            shutdown,
            sealer,
            identity,
            trust,
            links,
            replicas,
            events,
            deeds,
            registries,
            live,
        })
    }
}
