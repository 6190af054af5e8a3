//! What every part of the running primary shares.

use std::sync::Arc;

use palisade_api::clock::SharedClock;
use thiserror::Error;

use crate::config::Config;
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
}

/// A primary that cannot come up.
#[derive(Debug, Error)]
pub enum AppError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Puts the parts together. The database must be migrated.
    #[expect(clippy::unused_async, reason = "parts that are opened from the database come next")]
    pub async fn open(
        config: Arc<Config>,
        database: Database,
        clock: SharedClock,
        shutdown: Shutdown,
    ) -> Result<Self, AppError> {
        Ok(Self { config, database, clock, shutdown })
    }
}
