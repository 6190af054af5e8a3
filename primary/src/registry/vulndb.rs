//! The vulnerability database file, opened anew when it is replaced.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use palisade_scanner::VulnDb;
use palisade_scanner::vulndb::OpenError;
use tokio::sync::Mutex;

/// The file and what was opened of it last.
#[derive(Debug)]
pub struct Vulndb {
    path: PathBuf,
    open: Mutex<Option<(Stamp, Arc<VulnDb>)>>,
}

/// What tells one file from the one that replaced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Vulndb {
    /// The database at `path`, which need not exist yet.
    pub fn at(path: PathBuf) -> Self {
        Self { path, open: Mutex::new(None) }
    }

    /// The present database. Its digest is verified when it is new.
    pub async fn current(&self) -> Result<Arc<VulnDb>, OpenError> {
        let mut open = self.open.lock().await;
        let known = open.as_ref().map(|(stamp, _)| *stamp);
        let path = self.path.clone();
        let fresh = tokio::task::spawn_blocking(move || reopen(&path, known)).await;
        let Ok(fresh) = fresh else {
            return Err(OpenError::Damaged {
                path: self.path.clone(),
                reason: "reading it was cancelled",
            });
        };
        if let Some((stamp, database)) = fresh? {
            tracing::info!(
                version = database.version(),
                vulnerabilities = database.vulnerabilities(),
                "opened the vulnerability database"
            );
            *open = Some((stamp, Arc::new(database)));
        }
        match &*open {
            Some((_, database)) => Ok(Arc::clone(database)),
            None => Err(OpenError::Missing(self.path.clone())),
        }
    }
}

/// Opens the file unless it is the one known.
fn reopen(path: &Path, known: Option<Stamp>) -> Result<Option<(Stamp, VulnDb)>, OpenError> {
    let stamp = fs::metadata(path).ok().map(|meta| Stamp {
        inode: meta.ino(),
        size: meta.len(),
        modified: (meta.mtime(), meta.mtime_nsec()),
    });
    match stamp {
        Some(stamp) if known != Some(stamp) => Ok(Some((stamp, VulnDb::open(path)?))),
        Some(_) => Ok(None),
        None => Err(OpenError::Missing(path.to_owned())),
    }
}
