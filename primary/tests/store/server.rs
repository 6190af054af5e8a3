//! An embedded Postgres for one test.

use std::path::Path;
use std::time::Duration;

use palisade_primary::store::Database;
use palisade_primary::store::embedded::{Embedded, Options};
use tempfile::TempDir;

use crate::prepared;

/// Long enough for a slow machine, short enough to end a hanging test.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) const UNSYNCED: Options = Options { fsync: false, share: false };

/// A migrated database on a server of its own.
pub(crate) struct TestDatabase {
    pub(crate) database: Database,
    pub(crate) server: Embedded,
    pub(crate) dir: TempDir,
}

impl TestDatabase {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        prepared::put_into(dir.path()).await;
        let test = Self::serve(dir).await;
        prepared::renew_ids(&test.database).await;
        test
    }

    pub(crate) async fn unmigrated() -> Self {
        Self::serve(tempfile::tempdir().unwrap()).await
    }

    async fn serve(dir: TempDir) -> Self {
        let server = Embedded::start(dir.path(), UNSYNCED).await.unwrap();
        let database = Database::new(server.config());
        Self { database, server, dir }
    }

    /// Waits until some statement waits for a lock.
    pub(crate) async fn somebody_waits(&self) {
        let mut conn = self.database.acquire().await.unwrap();
        let waited = async {
            let mut waiting = 0;
            while waiting == 0 {
                let query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
                waiting = sqlx::query_scalar::<_, i64>(query).fetch_one(&mut *conn).await.unwrap();
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waited).await;
        assert!(waited.is_ok(), "nobody waits");
    }

    /// Stops the server and returns its data folder.
    pub(crate) async fn stop(self) -> TempDir {
        self.database.close().await;
        self.server.stop().await;
        self.dir
    }
}

/// The process of the server that works in the data folder.
pub(crate) fn postmaster(data_dir: &Path) -> Option<i32> {
    let text = std::fs::read_to_string(data_dir.join("postgres/postmaster.pid")).ok()?;
    text.lines().next()?.trim().parse().ok()
}

/// The processes that work in the folder of the cluster.
pub(crate) fn servers(data_dir: &Path) -> Vec<i32> {
    let cluster = data_dir.canonicalize().unwrap().join("postgres");
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &i32| {
            std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == cluster)
        })
        .collect()
}

/// Waits until `condition` holds.
pub(crate) async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let waited = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.unwrap_or_else(|_| panic!("never: {what}"));
}
