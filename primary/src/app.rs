//! What every part of the running primary shares.

use std::sync::Arc;

use palisade_api::clock::SharedClock;
use palisade_transport::seal::{SealError, Sealer};
use thiserror::Error;

use crate::config::Config;
use crate::identity::{Identity, IdentityError};
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
}

/// A primary that cannot come up.
#[derive(Debug, Error)]
pub enum AppError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The sealing key cannot be had.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Users and sessions cannot be served.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// The sealing key in the data folder, unless one is configured.
const SEALING_KEY_FILE: &str = "sealing-key";

impl App {
    /// Puts the parts together. The database must be migrated.
    pub async fn open(
        config: Arc<Config>,
        database: Database,
        clock: SharedClock,
        shutdown: Shutdown,
    ) -> Result<Self, AppError> {
        let sealer = Arc::new(match &config.sealing_key {
            Some(key) => Sealer::from_text(key)?,
            None => Sealer::from_key_file(&config.data_dir.join(SEALING_KEY_FILE))?,
        });
        let identity = Identity::open(
            database.clone(),
            clock.clone(),
            &sealer,
            config.bootstrap_password.as_ref(),
            &config.data_dir,
        )
        .await?;
        identity.sweep(&shutdown);
        Ok(Self { config, database, clock, shutdown, sealer, identity })
    }
}
