//! The vulnerability database file, opened anew when it is replaced.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use palisade_scanner::VulnDb;
use palisade_scanner::vulndb::{self, KeyError, OpenError, PublicKey, Trust};
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::task::JoinError;

/// The file and what was opened of it last.
#[derive(Debug)]
pub struct Vulndb {
    path: PathBuf,
    /// The file of the key that must have signed it.
    key: PathBuf,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// The file that was looked at last.
    stamp: Option<Stamp>,
    /// The last good one.
    database: Option<Arc<VulnDb>>,
}

/// No database to work with.
#[derive(Debug, Error)]
pub enum VulndbError {
    /// The file cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Nothing tells who should have signed it.
    #[error("no vulnerability database is trusted: {0}")]
    Key(#[from] KeyError),
    /// This program is shutting down.
    #[error("opening the vulnerability database was cancelled")]
    Cancelled(#[from] JoinError),
}

/// What tells one file from the one that replaced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Vulndb {
    /// The database at `path`, which need not exist yet, and the file of the
    /// public key that it is verified with: where none is named, the one that
    /// lies beside the database.
    pub fn at(path: PathBuf, key: Option<PathBuf>) -> Self {
        let key = key.unwrap_or_else(|| vulndb::public_path(&vulndb::key_path(&path)));
        Self { path, key, open: Mutex::default() }
    }

    /// The present database. A new file is verified; one that is damaged or
    /// not signed by the right key is told and refused, and the one before
    /// stays in use.
    pub async fn current(&self) -> Result<Arc<VulnDb>, VulndbError> {
        let mut open = self.open.lock().await;
        let Open { stamp: known, database } = &mut *open;
        let Some(stamp) = stamp(&self.path).await else {
            return database.clone().ok_or_else(|| OpenError::Missing(self.path.clone()).into());
        };
        if *known == Some(stamp)
            && let Some(database) = database
        {
            return Ok(Arc::clone(database));
        }
        let (path, key) = (self.path.clone(), self.key.clone());
        let fresh = tokio::task::spawn_blocking(move || {
            let trust = Trust::Key(PublicKey::read(&key)?);
            Ok::<_, VulndbError>(VulnDb::open(&path, trust)?)
        });
        match (fresh.await?, &*database) {
            (Ok(fresh), _) => {
                tracing::info!(
                    version = fresh.version(),
                    vulnerabilities = fresh.vulnerabilities(),
                    "opened the vulnerability database"
                );
                let fresh = Arc::new(fresh);
                *open = Open { stamp: Some(stamp), database: Some(Arc::clone(&fresh)) };
                Ok(fresh)
            }
            (Err(error), Some(database)) => {
                tracing::error!(%error, "a new vulnerability database is refused");
                // Told once for each file.
                *known = Some(stamp);
                Ok(Arc::clone(database))
            }
            (Err(error), None) => Err(error),
        }
    }
}

/// What the file is now; none where there is none.
async fn stamp(path: &Path) -> Option<Stamp> {
    let meta = tokio::fs::metadata(path).await.ok()?;
    let modified = (meta.mtime(), meta.mtime_nsec());
    Some(Stamp { inode: meta.ino(), size: meta.len(), modified })
}
