//! Everything that the controller keeps on disk: one SQLite database in the
//! data folder, and the only place with SQL.
//!
//! One connection writes, so that writers queue in the program instead of
//! failing on a lock; several read. Every commit is on disk before it returns.

mod damage;
mod event;
mod object;
mod scan;
mod session;
mod setting;
mod user;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection, SqlitePool};
use thiserror::Error;
use tokio::sync::watch;

pub use event::{NewEvent, SpoolLimits, SpoolUsage, StoredEvent};
pub use object::{LOCAL, ObjectWrite, StoredObject, StoredPosition};
pub use scan::StoredScan;
pub use session::StoredSession;
pub use user::StoredUser;

/// How many connections read at once.
const READERS: u32 = 4;

/// Why the store failed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database cannot be opened.
    #[error("cannot open the agent's database {}: {source}", path.display())]
    Open {
        /// The database file.
        path: PathBuf,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// The database is newer than this program, or damaged.
    #[error("cannot bring the agent's database up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A statement failed.
    #[error("the agent's database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A stored value cannot be read.
    #[error("the agent's database holds a damaged {0}")]
    Damaged(&'static str),
    /// The program stops.
    #[error("the agent stops, the write was given up")]
    Interrupted,
    /// An object of this name exists.
    #[error("an object of this name exists")]
    Exists,
}

/// The controller's database.
#[derive(Clone, Debug)]
pub struct Store {
    writer: SqlitePool,
    reader: SqlitePool,
    /// Counts changes of what this cluster has of its own.
    own_changes: Arc<watch::Sender<u64>>,
}

impl Store {
    /// Opens the database at `path`, makes it if it is missing, and brings its
    /// tables up to date. One that is damaged is set aside, and a new one made: what
    /// is federated comes again from the primary, and a cluster without admission
    /// control for want of the rest would be worse off.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        match Self::open_sound(path).await {
            Err(error) if error.is_damage() => {
                let aside = damage::set_aside(path)
                    .map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
                tracing::error!(%error, kept = %aside.display(),
                    "the agent's database is damaged: it is set aside; rules and users of this \
                     cluster's own are lost, what is federated comes again");
                Self::open_sound(path).await
            }
            opened => opened,
        }
    }

    async fn open_sound(path: &Path) -> Result<Self, StoreError> {
        let fail = |source| StoreError::Open { path: path.to_owned(), source };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_release(|connection, _| Box::pin(has_no_transaction(connection)))
            .connect_with(options.clone())
            .await
            .map_err(fail)?;
        damage::check(&writer).await?;
        sqlx::migrate!("src/store/migrations").run(&writer).await?;
        let reader = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await
            .map_err(fail)?;
        Ok(Self { writer, reader, own_changes: Arc::new(watch::channel(0).0) })
    }

    /// A number that grows when something else than this program changes the
    /// database.
    pub async fn foreign_version(&self) -> Result<i64, StoreError> {
        // There is one connection that writes, and its own commits do not count.
        Ok(sqlx::query_scalar("PRAGMA data_version").fetch_one(&self.writer).await?)
    }

    /// Changes whenever something of this cluster's own does.
    pub fn own_changes(&self) -> watch::Receiver<u64> {
        self.own_changes.subscribe()
    }

    fn own_changed(&self) {
        self.own_changes.send_modify(|changes| *changes += 1);
    }

    /// Closes the database after what is under way.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Whether the database answers.
    pub async fn check(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.reader).await?;
        Ok(())
    }
}

/// Whether a connection can be used again. A full disk can end a transaction behind
/// sqlx's back: it then fails to roll it back, takes it for open for ever, and
/// makes each later one a savepoint that is never committed.
async fn has_no_transaction(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // A rollback may be under way: it is behind us when this is answered.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

#[cfg(test)]
pub(crate) async fn scratch() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("agent.db")).await.expect("a store");
    (folder, store)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = "after";

    fn session(id: &str) -> StoredSession {
        StoredSession {
            id: id.to_owned(),
            user_name: "admin".to_owned(),
            created_ms: 0,
            last_seen_ms: 0,
        }
    }

    /// What a transaction may come to on a full disk.
    #[derive(Clone, Copy, Debug)]
    enum Fails {
        Statement,
        Commit,
        GivenUp,
    }

    #[tokio::test]
    async fn what_is_written_after_a_full_disk_is_committed() {
        let (_folder, store) = scratch().await;
        let admin = StoredUser {
            name: "admin".to_owned(),
            password_hash: String::new(),
            role: "admin".to_owned(),
            default_password: false,
        };
        assert!(store.user_create(&admin).await.unwrap());
        sqlx::query("CREATE TABLE filler (text TEXT)").execute(&store.writer).await.unwrap();
        for fails in [Fails::Statement, Fails::Commit, Fails::GivenUp, Fails::Statement] {
            // As many pages as there are: the disk is full.
            sqlx::query("PRAGMA max_page_count = 1").execute(&store.writer).await.unwrap();
            let mut transaction = store.writer.begin().await.unwrap();
            let filled = sqlx::query("INSERT INTO filler VALUES (hex(zeroblob(100000)))")
                .execute(&mut *transaction)
                .await;
            assert!(filled.is_err(), "{fails:?}: the disk is not full");
            match fails {
                Fails::Statement => drop(transaction),
                Fails::Commit => drop(transaction.commit().await),
                Fails::GivenUp => drop(transaction.rollback().await),
            }
            sqlx::query("PRAGMA max_page_count = 100000").execute(&store.writer).await.unwrap();
            // A transaction that fails for another reason.
            drop(store.writer.begin().await.unwrap());
        }
        assert!(store.session_create(&session(SESSION), 1, 0).await.unwrap());
        // Another connection sees it.
        assert!(store.session(SESSION).await.unwrap().is_some());
    }
}
