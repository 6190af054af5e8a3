//! Opens the configured database: the operator's, or one of our own.

use super::Database;
use super::embedded::{Embedded, EmbeddedError, Options};
use crate::config::Config;

/// The configured database, with the server where it is our own.
#[derive(Debug)]
pub struct Opened {
    /// The database.
    pub database: Database,
    server: Option<Embedded>,
}

impl Opened {
    /// Opens the database for the primary that serves. Our own server is
    /// running afterwards; the operator's need not.
    pub async fn serving(config: &Config) -> Result<Self, EmbeddedError> {
        Self::open(config, false).await
    }

    /// Opens the database for a command that may run beside the primary. Where
    /// the primary does not run, its server runs for as long as the command.
    pub async fn beside(config: &Config) -> Result<Self, EmbeddedError> {
        Self::open(config, true).await
    }

    async fn open(config: &Config, share: bool) -> Result<Self, EmbeddedError> {
        if let Some(database) = config.database() {
            let database = Database::new(database);
            database.locate().await;
            return Ok(Self { database, server: None });
        }
        let options = Options { fsync: config.postgres_fsync, share };
        let server = Embedded::start(&config.data_dir, options).await?;
        Ok(Self { database: Database::new(server.config()), server: Some(server) })
    }

    /// Closes the connections, and stops the server where it is ours.
    pub async fn close(self) {
        self.database.close().await;
        if let Some(server) = self.server {
            server.stop().await;
        }
    }
}
