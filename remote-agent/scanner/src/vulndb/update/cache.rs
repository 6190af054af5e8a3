//! Copies of sources: a folder for each, with the last good copy, what its
//! server said of it, and what is there of the next one.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

use super::UpdateSource;
use super::fetch::{Fetched, Validator};
use crate::vulndb::feed::FeedKind;

/// What is wrong with the folder of copies.
#[derive(Debug, Error)]
pub enum CacheError {
    /// A file or folder fails.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another update works with it.
    #[error("{} is in use by another update", .0.display())]
    InUse(PathBuf),
    /// What is no URL cannot be fetched.
    #[error("{0} is nothing to fetch")]
    NoUrl(String),
}

impl CacheError {
    pub(super) fn no_url(source: &UpdateSource) -> Self {
        Self::NoUrl(source.to_string())
    }

    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// The folder, which is locked as long as this lives.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    _lock: fs::File,
}

impl Cache {
    pub(super) fn open(folder: &Path) -> Result<Self, CacheError> {
        fs::create_dir_all(folder).map_err(CacheError::at(folder))?;
        let path = folder.join("lock");
        let lock = fs::File::create(&path).map_err(CacheError::at(&path))?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => CacheError::InUse(folder.to_owned()),
            fs::TryLockError::Error(error) => CacheError::at(&path)(error),
        })?;
        Ok(Self { folder: folder.to_owned(), _lock: lock })
    }

    /// The place of a source.
    pub(super) fn slot(&self, kind: FeedKind, url: &Url) -> Result<Slot, CacheError> {
        let digest = Digest::of(url.as_str().as_bytes());
        let hash = digest.as_bytes().get(..8).map(hex::encode).unwrap_or_default();
        let folder = self.folder.join(format!("{}-{hash}", kind.name()));
        fs::create_dir_all(&folder).map_err(CacheError::at(&folder))?;
        Ok(Slot { folder, file: file_name(url) })
    }
}

fn digest_of(path: &Path) -> io::Result<Digest> {
    let mut context = Context::new(&SHA256);
    let mut file = fs::File::open(path)?;
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            let digest = context.finish();
            return Ok(Digest::try_from(digest.as_ref()).unwrap_or(Digest::of(&[])));
        }
        context.update(piece.get(..read).unwrap_or_default());
    }
}

/// The last part of the URL's path: its endings tell the packing.
fn file_name(url: &Url) -> String {
    let last = url.path().rsplit('/').next().unwrap_or_default();
    let name: String = last
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        .take(128)
        .collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() { "feed.json".to_owned() } else { name.to_owned() }
}

/// The place of one source.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    folder: PathBuf,
    file: String,
}

/// What is known of the copy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) url: String,
    #[serde(flatten)]
    pub(super) validator: Validator,
    pub(super) bytes: u64,
    /// None where an older program fetched it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<Digest>,
    pub(super) fetched_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) complete_until: Option<DateTime<Utc>>,
}

impl Slot {
    /// The last good copy.
    pub(super) fn copy(&self) -> PathBuf {
        self.folder.join(&self.file)
    }

    /// What comes in; it has the same endings.
    pub(super) fn incoming(&self) -> PathBuf {
        self.folder.join("incoming").join(&self.file)
    }

    fn state_file(&self) -> PathBuf {
        self.folder.join("state")
    }

    fn incoming_state_file(&self) -> PathBuf {
        self.folder.join("incoming").join("validator")
    }

    /// What is known of the copy; none where there is no whole one.
    pub(super) fn state(&self) -> Option<State> {
        let state: State = serde_json::from_slice(&fs::read(self.state_file()).ok()?).ok()?;
        let size = fs::metadata(self.copy()).ok()?.len();
        (size == state.bytes).then_some(state)
    }

    /// Forgets the copy where it is not what was fetched any more: the server
    /// would only say that there is none newer. Tells whether it did. Blocks.
    pub(super) fn forget_damaged(&self) -> Result<bool, CacheError> {
        let Some(expected) = self.state().and_then(|state| state.sha256) else { return Ok(false) };
        let copy = self.copy();
        if digest_of(&copy).map_err(CacheError::at(&copy))? == expected {
            return Ok(false);
        }
        fs::remove_file(self.state_file()).map_err(CacheError::at(&self.state_file()))?;
        Ok(true)
    }

    /// How much of the next copy is there, and which one it is.
    pub(super) fn partial(&self) -> Option<(u64, Validator)> {
        let validator = fs::read(self.incoming_state_file()).ok()?;
        let validator = serde_json::from_slice(&validator).ok()?;
        let size = fs::metadata(self.incoming()).ok()?.len();
        (size > 0).then_some((size, validator))
    }

    /// Another copy comes in.
    pub(super) fn begin(&self, validator: &Validator) -> Result<(), CacheError> {
        let folder = self.folder.join("incoming");
        fs::create_dir_all(&folder).map_err(CacheError::at(&folder))?;
        // The bytes go first: an end between the two must not leave those of another copy
        // with what stands for this one.
        let path = self.incoming();
        fs::write(&path, b"").map_err(CacheError::at(&path))?;
        let path = self.incoming_state_file();
        let text = serde_json::to_vec(validator)
            .map_err(|error| CacheError::at(&path)(io::Error::other(error)))?;
        fs::write(&path, text).map_err(CacheError::at(&path))
    }

    /// Forgets what is there of the next copy.
    pub(super) fn discard(&self) -> Result<(), CacheError> {
        let folder = self.folder.join("incoming");
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(CacheError::at(&folder)(error))
            }
            _ => Ok(()),
        }
    }

    /// What came in is good: it becomes the copy. Blocks.
    pub(super) fn accept(&self, fetched: Fetched, now: DateTime<Utc>) -> Result<(), CacheError> {
        let sha256 = digest_of(&fetched.path).map_err(CacheError::at(&fetched.path))?;
        let state = State {
            url: fetched.url,
            validator: fetched.validator,
            bytes: fetched.bytes,
            sha256: Some(sha256),
            fetched_at: now,
            complete_until: fetched.complete_until,
        };
        let text = serde_json::to_vec(&state)
            .map_err(|error| CacheError::at(&self.state_file())(io::Error::other(error)))?;
        let written = self.folder.join("incoming").join("state");
        fs::write(&written, text).map_err(CacheError::at(&written))?;
        // A state that tells another size than the copy has counts as none,
        // so that an end between the two only costs another fetch.
        fs::rename(&fetched.path, self.copy()).map_err(CacheError::at(&self.copy()))?;
        fs::rename(&written, self.state_file()).map_err(CacheError::at(&self.state_file()))?;
        self.discard()
    }

    /// What came in is no good.
    pub(super) fn refuse(&self, fetched: &Fetched) -> Result<(), CacheError> {
        fs::remove_file(&fetched.path).map_err(CacheError::at(&fetched.path))?;
        self.discard()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        for (url, expected) in [
            ("https://example.org/a/all.zip?x=y", "all.zip"),
            ("https://example.org/", "feed.json"),
            ("https://example.org/..%2f..%2fpasswd", "2f..2fpasswd"),
            ("https://example.org/a/.hidden.json.gz", "hidden.json.gz"),
        ] {
            assert_eq!(file_name(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn bytes_of_another_copy_are_gone_before_a_new_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let url = Url::parse("https://example.org/feed.json").unwrap();
        let slot = cache.slot(FeedKind::Osv, &url).unwrap();
        slot.begin(&Validator::default()).unwrap();
        fs::write(slot.incoming(), b"half of it").unwrap();
        assert_eq!(slot.partial(), Some((10, Validator::default())));
        // The program ends where it would write the name.
        fs::remove_file(slot.incoming_state_file()).unwrap();
        fs::create_dir(slot.incoming_state_file()).unwrap();
        assert!(slot.begin(&Validator::default()).is_err());
        assert_eq!(fs::read(slot.incoming()).unwrap(), b"");
    }

    #[test]
    fn one_update_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Cache::open(folder.path()).unwrap();
        assert!(matches!(Cache::open(folder.path()), Err(CacheError::InUse(_))));
        drop(first);
        assert!(Cache::open(folder.path()).is_ok());
    }
}
