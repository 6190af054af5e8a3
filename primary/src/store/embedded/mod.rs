//! A Postgres of the primary's own: the system's programs, run as a supervised
//! child on a cluster in the data folder, over a Unix socket only.
//!
//! Open [`start`](Embedded::start) first; `launch` explains how the server
//! reaches its folder as another user, `supervise` how it is kept running.
//!
//! Gotchas: the lock on the data folder decides who supervises; a command line
//! beside a running primary uses the primary's server. The server ends with
//! the thread that started it, so a killed primary leaves nothing behind.

mod account;
mod error;
mod files;
mod init;
mod launch;
mod leftover;
mod locate;
mod supervise;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{Connection as _, PgConnection};
use tokio::time::Instant;
use tracing::{debug, info};

use super::DatabaseConfig;
use account::Account;
pub use error::EmbeddedError;
use launch::Folder;
use supervise::Supervisor;

/// The role and the database of the primary.
const NAME: &str = "palisade";

/// The port, which over a Unix socket is only part of a file name.
const PORT: u16 = 5432;

/// How long to wait for another process that works on the data folder.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long the server may recover after a crash before it accepts queries.
const RECOVERY: Duration = Duration::from_mins(10);

/// How the server runs.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether commits wait for the disk. Off only in tests.
    pub fsync: bool,
    /// Whether a server that another process supervises will do.
    pub share: bool,
}

/// The running server. Call [`stop`](Self::stop): dropping it only asks the
/// server to stop, without waiting.
#[derive(Debug)]
pub struct Embedded {
    folder: Folder,
    /// None while another process supervises the server.
    owned: Option<Owned>,
}

#[derive(Debug)]
struct Owned {
    supervisor: Supervisor,
    /// Held as long as the server runs.
    _lock: File,
}

impl Embedded {
    /// Starts the server of `data_dir`, making its cluster first where there
    /// is none, and returns when it accepts queries.
    pub async fn start(data_dir: &Path, options: Options) -> Result<Self, EmbeddedError> {
        let data_dir = files::data_dir(data_dir)?;
        let deadline = Instant::now() + PATIENCE;
        let mut told = false;
        loop {
            if let Some(lock) = files::try_lock(&data_dir)? {
                return Self::own(data_dir, lock, options).await;
            }
            if options.share
                && let Some(shared) = Self::shared(&data_dir).await?
            {
                return Ok(shared);
            }
            if Instant::now() > deadline {
                return Err(EmbeddedError::Busy { data_dir });
            }
            if !told {
                info!(data_dir = %data_dir.display(), "waiting for another process to leave the data folder");
                told = true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The server that another process runs, if it answers.
    async fn shared(data_dir: &Path) -> Result<Option<Self>, EmbeddedError> {
        let path = data_dir.join(files::CLUSTER);
        if !path.exists() {
            return Ok(None);
        }
        let shared = Self { folder: Folder::open(path)?, owned: None };
        Ok(match shared.connect(NAME).await {
            Ok(conn) => {
                close(conn).await;
                Some(shared)
            }
            Err(error) => {
                debug!(%error, "the running server does not answer yet");
                None
            }
        })
    }

    async fn own(data_dir: PathBuf, lock: File, options: Options) -> Result<Self, EmbeddedError> {
        let prepared = tokio::task::spawn_blocking(move || prepare(&data_dir, options));
        let (folder, account, programs) =
            prepared.await.map_err(|e| EmbeddedError::Thread(e.to_string()))??;
        let supervisor = Supervisor::start(&programs, &account, &folder, options)?;
        let embedded = Self { folder, owned: Some(Owned { supervisor, _lock: lock }) };
        match embedded.ready().await {
            Ok(()) => Ok(embedded),
            Err(error) => {
                embedded.stop().await;
                Err(error)
            }
        }
    }

    /// Waits until the server accepts queries and has the primary's database.
    async fn ready(&self) -> Result<(), EmbeddedError> {
        let started = Instant::now();
        let mut told = started;
        let mut conn = loop {
            let error = match self.connect("postgres").await {
                Ok(conn) => break conn,
                Err(error) => error,
            };
            if let Some(text) = self.owned.as_ref().and_then(|owned| owned.supervisor.failed()) {
                return Err(EmbeddedError::Start { text });
            }
            if started.elapsed() > RECOVERY {
                return Err(EmbeddedError::Start { text: error.to_string() });
            }
            if told.elapsed() > Duration::from_secs(5) {
                info!(%error, "waiting for Postgres to accept queries");
                told = Instant::now();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        let exists = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1) AS "exists!""#,
            NAME,
        )
        .fetch_one(&mut conn)
        .await?;
        if !exists {
            sqlx::query("CREATE DATABASE palisade").execute(&mut conn).await?;
        }
        close(conn).await;
        info!(took_ms = started.elapsed().as_millis() as u64, "Postgres is running");
        Ok(())
    }

    /// How to connect to the primary's database.
    pub fn config(&self) -> DatabaseConfig {
        DatabaseConfig::new(self.options(NAME))
    }

    fn options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(self.folder.reach())
            .port(PORT)
            .username(NAME)
            .database(database)
            .ssl_mode(PgSslMode::Disable)
    }

    async fn connect(&self, database: &str) -> Result<PgConnection, sqlx::Error> {
        PgConnection::connect_with(&self.options(database)).await
    }

    /// Stops the server, unless another process supervises it, and waits until
    /// it is gone. Connections that are still open are cut.
    pub async fn stop(self) {
        if let Some(owned) = self.owned {
            owned.supervisor.stop().await;
        }
    }
}

/// Finds the programs, makes the cluster where there is none, and sees that no
/// other server works on it.
fn prepare(
    data_dir: &Path,
    options: Options,
) -> Result<(Folder, Account, locate::Programs), EmbeddedError> {
    let path = data_dir.join(files::CLUSTER);
    let account = Account::choose(data_dir, &path)?;
    let programs = if path.exists() {
        locate::of_major(files::major(&path)?)?
    } else {
        let programs = locate::newest()?;
        init::cluster(data_dir, &programs, &account, options)?;
        programs
    };
    let folder = Folder::open(path)?;
    leftover::stop(folder.path())?;
    files::write_access(folder.path(), &account)?;
    info!(
        version = programs.version,
        programs = %programs.dir.display(),
        user = account.name(),
        "starting Postgres"
    );
    Ok((folder, account, programs))
}

async fn close(conn: PgConnection) {
    if let Err(error) = conn.close().await {
        debug!(%error, "a connection to Postgres broke while it was closed");
    }
}
