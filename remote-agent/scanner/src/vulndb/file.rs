//! The database in use: a file that is opened anew when it is replaced, by
//! whomever. What was opened stays in use when the new one is no good.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use palisade_api::Digest;
use thiserror::Error;
use tokio::sync::{Mutex, watch};
use tokio::task::{JoinError, spawn_blocking};

use super::open::{OpenError, Outdated, Trust, VulnDb};
use super::signing::{KeyError, PublicKey, key_path, public_path};

/// The file and what was opened of it last.
#[derive(Debug)]
pub struct VulndbFile {
    path: PathBuf,
    /// The file of the key that must have signed it.
    key: PathBuf,
    /// Whether the operator has named that key.
    pinned: bool,
    /// The operator wants what is there, though it may be older.
    allow_older: bool,
    seen: Mutex<Seen>,
    present: watch::Sender<Option<Arc<VulnDb>>>,
}

/// The file that was looked at last.
#[derive(Debug, Default)]
struct Seen {
    stamp: Option<Stamp>,
    /// Why it is not in use; none where it is.
    refusal: Option<String>,
}

/// What tells one file from the one that replaced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

/// A file that is to become the database.
#[derive(Clone, Copy, Debug)]
pub struct Offered {
    /// The digest that it was told to have.
    pub digest: Digest,
    /// Who is told to have signed it; a key that the operator has named wins.
    pub key: PublicKey,
    /// Whether it may be older than the present one.
    pub allow_older: bool,
}

/// No database to work with.
#[derive(Debug, Error)]
pub enum FileError {
    /// The file cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Nothing tells who should have signed it.
    #[error("no vulnerability database is trusted: {0}")]
    Key(#[from] KeyError),
    /// It would be a step back.
    #[error("{0}; --vulndb-allow-older of the primary takes it all the same")]
    Outdated(#[from] Outdated),
    /// It is not what was told.
    #[error("the vulnerability database that came is {found}, not {offered}")]
    Another {
        /// What was told.
        offered: Box<Digest>,
        /// What came.
        found: Box<Digest>,
    },
    /// It cannot be put in place.
    #[error("cannot put the vulnerability database at {}: {source}", path.display())]
    Replace {
        /// The place.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// This program is shutting down.
    #[error("opening the vulnerability database was cancelled")]
    Cancelled(#[from] JoinError),
}

impl VulndbFile {
    /// The database at `path`, which need not exist yet, and the file of the
    /// public key that it is verified with: where none is named, the one that
    /// lies beside the database.
    pub fn at(path: PathBuf, key: Option<PathBuf>) -> Self {
        let pinned = key.is_some();
        let key = key.unwrap_or_else(|| public_path(&key_path(&path)));
        let (present, _) = watch::channel(None);
        Self { path, key, pinned, allow_older: false, seen: Mutex::default(), present }
    }

    /// The same, which takes files that are older than the present one where
    /// `allow`.
    #[must_use]
    pub fn allow_older(mut self, allow: bool) -> Self {
        self.allow_older = allow;
        self
    }

    /// Whether older files are wanted.
    pub const fn allows_older(&self) -> bool {
        self.allow_older
    }

    /// The last good database, as it is replaced.
    pub fn watch(&self) -> watch::Receiver<Option<Arc<VulnDb>>> {
        self.present.subscribe()
    }

    /// The last good database, without a look at the file.
    pub fn present(&self) -> Option<Arc<VulnDb>> {
        self.present.borrow().clone()
    }

    /// Why the file that is there is not in use; none where it is, or where
    /// there is none.
    pub async fn refusal(&self) -> Option<String> {
        self.seen.lock().await.refusal.clone()
    }

    /// The present database. A new file is verified; one that is damaged, not
    /// signed by the right key or older is told and refused, and the one
    /// before stays in use.
    pub async fn current(&self) -> Result<Arc<VulnDb>, FileError> {
        let mut seen = self.seen.lock().await;
        let present = self.present();
        let stamp = match stamp(&self.path).await {
            Ok(Some(stamp)) => stamp,
            Ok(None) => {
                seen.refusal = None;
                return present.ok_or_else(|| OpenError::Missing(self.path.clone()).into());
            }
            Err(source) => {
                let error = OpenError::Read { path: self.path.clone(), source };
                let refusal = error.to_string();
                if seen.refusal.as_ref() != Some(&refusal) {
                    tracing::error!(%error, "nobody can tell whether there is a new vulnerability database");
                }
                *seen = Seen { stamp: None, refusal: Some(refusal) };
                return present.ok_or_else(|| error.into());
            }
        };
        if seen.stamp == Some(stamp)
            && let Some(present) = present
        {
            return Ok(present);
        }
        let known = seen.stamp.replace(stamp) == Some(stamp);
        match (self.open(present.clone()).await, present) {
            (Ok(fresh), _) => {
                seen.refusal = None;
                Ok(self.take(fresh))
            }
            (Err(error), present) => {
                seen.refusal = Some(error.to_string());
                // Told once for each file.
                if !known {
                    tracing::error!(%error, "a vulnerability database is refused");
                }
                present.ok_or(error)
            }
        }
    }

    /// Puts `fresh` in place, once it is verified to be what was offered. The
    /// file is gone from where it was, or the present one stays.
    pub async fn replace(&self, fresh: &Path, offered: Offered) -> Result<(), FileError> {
        let mut seen = self.seen.lock().await;
        let (fresh, path) = (fresh.to_owned(), self.path.clone());
        let (key, pinned) = (self.key.clone(), self.pinned);
        let present = self.present().filter(|_| !offered.allow_older);
        let swap = spawn_blocking(move || {
            let trusted = if pinned { PublicKey::read(&key)? } else { offered.key };
            let database = VulnDb::open_copy(&fresh, Trust::Key(trusted))?;
            if database.digest() != offered.digest {
                let (offered, found) = (Box::new(offered.digest), Box::new(database.digest()));
                return Err(FileError::Another { offered, found });
            }
            if let Some(present) = present {
                database.not_older_than(present.built_at())?;
            }
            let failed = |source| FileError::Replace { path: path.clone(), source };
            if !pinned {
                // A database beside another's key is fetched again, no worse.
                fs::write(&key, trusted.to_pem()).map_err(failed)?;
            }
            fs::rename(&fresh, &path).map_err(failed)?;
            Ok(database.moved_to(&path))
        });
        let database = swap.await??;
        // One that cannot be looked at is told of with the next look.
        *seen = Seen { stamp: stamp(&self.path).await.unwrap_or_default(), refusal: None };
        self.take(database);
        Ok(())
    }

    fn take(&self, fresh: VulnDb) -> Arc<VulnDb> {
        let (version, vulnerabilities) = (fresh.version(), fresh.vulnerabilities());
        tracing::info!(version, vulnerabilities, "opened the vulnerability database");
        let fresh = Arc::new(fresh);
        self.present.send_replace(Some(Arc::clone(&fresh)));
        fresh
    }

    async fn open(&self, present: Option<Arc<VulnDb>>) -> Result<VulnDb, FileError> {
        let (path, key) = (self.path.clone(), self.key.clone());
        let fresh = spawn_blocking(move || {
            let trust = Trust::Key(PublicKey::read(&key)?);
            Ok::<_, FileError>(VulnDb::open_copy(&path, trust)?)
        });
        let fresh = fresh.await??;
        if let Some(present) = present
            && !self.allow_older
        {
            fresh.not_older_than(present.built_at())?;
        }
        Ok(fresh)
    }
}

/// What the file is now; none where there is none.
async fn stamp(path: &Path) -> io::Result<Option<Stamp>> {
    let meta = match tokio::fs::metadata(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        meta => meta?,
    };
    let modified = (meta.mtime(), meta.mtime_nsec());
    Ok(Some(Stamp { inode: meta.ino(), size: meta.len(), modified }))
}
