//! Opening the file, which is mapped into memory, and verifying it.

mod lookup;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use mmap_io::{MemoryMappedFile, MmapAdvice, MmapIoError, MmapMode};
use palisade_api::Digest;
use ring::digest::{Context, SHA256};
use thiserror::Error;

use super::AHEAD;
use super::copy;
use super::format::{DIGEST, ENTRY, HEADER, Header, MAGIC, POSITIONS, SourceSummary, TRAILER};
use super::signing::PublicKey;
use lookup::Cursor;
pub use lookup::Texts;

/// A database that cannot be used.
#[derive(Debug, Error)]
pub enum OpenError {
    /// There is none.
    #[error(
        "there is no vulnerability database at {}: build one with `palisade-primary vulndb build`",
        .0.display()
    )]
    Missing(PathBuf),
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why that failed.
        source: io::Error,
    },
    /// It is something else, or of a version that this program cannot read.
    #[error("{} is no vulnerability database of this version", .0.display())]
    Foreign(PathBuf),
    /// Its content is not what was written.
    #[error("the vulnerability database {} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: &'static str,
    },
    /// Nothing can be found with it.
    #[error("the vulnerability database {} is empty", .0.display())]
    Empty(PathBuf),
    /// It was signed by somebody else.
    #[error(
        "the vulnerability database {} is signed by the key {found}, not by the trusted {trusted}",
        path.display()
    )]
    Untrusted {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: PublicKey,
        /// Whose it should be.
        trusted: PublicKey,
    },
}

/// A database that is older than the one that is there.
#[derive(Debug, Error)]
#[error(
    "the vulnerability database of {} is older than the present one of {}",
    .offered.to_rfc3339(), .present.to_rfc3339()
)]
pub struct Outdated {
    /// The date of its newest record.
    pub offered: DateTime<Utc>,
    /// That of the present one.
    pub present: DateTime<Utc>,
}

/// Whose databases are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Anybody's: who put the file there was trusted to.
    Anyone,
    /// Those that this key signed.
    Key(PublicKey),
}

/// Bytes of a database at least.
const SHORTEST: u64 = MAGIC.len() as u64 + TRAILER;

/// The file at `path`, which begins as a database does.
fn begun(path: &Path) -> Result<File, OpenError> {
    let read = |source: io::Error| OpenError::Read { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(OpenError::Missing(path.to_owned()));
        }
        Err(error) => return Err(read(error)),
    };
    let meta = file.metadata().map_err(read)?;
    let mut start = [0; MAGIC.len()];
    if !meta.is_file()
        || meta.len() < SHORTEST
        || file.read_exact_at(&mut start, 0).is_err()
        || start != *MAGIC
    {
        return Err(OpenError::Foreign(path.to_owned()));
    }
    Ok(file)
}

/// Bytes that are hashed at a time.
const PIECE: usize = 1 << 20;

/// The digest of the beginning of the file. What is looked at for this alone
/// is given back at once: it would count as memory of the process.
fn digest(file: &MemoryMappedFile, beginning: &[u8]) -> Result<Digest, MmapIoError> {
    let mut context = Context::new(&SHA256);
    let mut at = 0;
    for piece in beginning.chunks(PIECE) {
        context.update(piece);
        file.advise(at, piece.len() as u64, MmapAdvice::DontNeed)?;
        at += piece.len() as u64;
    }
    let digest = context.finish();
    Ok(Digest::try_from(digest.as_ref()).unwrap_or_else(|_| Digest::from_bytes([0; 32])))
}

/// An open database. Whoever renews it puts another file in its place; who
/// keeps it open does not rely on that and takes a copy.
///
/// Its indexes are looked at where they are mapped. Records are scattered over
/// the whole file, and the kernel maps 64 KiB around each that is looked at:
/// they are read, which is quicker and takes no memory.
#[derive(Debug)]
pub struct VulnDb {
    path: PathBuf,
    file: File,
    map: MemoryMappedFile,
    header: Header,
    digest: Digest,
    key: PublicKey,
    size: u64,
    /// Where the indexes start: the first is the end of the records.
    vulnerabilities: u64,
    packages: u64,
}

impl VulnDb {
    /// Opens the database at `path` and verifies its digest and signature.
    /// Blocks.
    pub fn open(path: &Path, trust: Trust) -> Result<Self, OpenError> {
        Self::of(begun(path)?, path, trust)
    }

    /// The same for who keeps it open: a copy that nobody else can reach is
    /// opened, so that whatever becomes of the file does it no harm.
    pub fn open_copy(path: &Path, trust: Trust) -> Result<Self, OpenError> {
        let file = begun(path)?;
        let file = copy::nameless(&file, path).unwrap_or_else(|error| {
            let database = path.display();
            tracing::warn!(%error, %database, "a vulnerability database is used where it lies: \
                replace it, never write into it");
            file
        });
        Self::of(file, path, trust)
    }

    /// The database that `file`, found at `path`, holds.
    fn of(file: File, path: &Path, trust: Trust) -> Result<Self, OpenError> {
        let read = |source: io::Error| OpenError::Read { path: path.to_owned(), source };
        let damaged = |reason| OpenError::Damaged { path: path.to_owned(), reason };
        let foreign = || OpenError::Foreign(path.to_owned());
        // What is empty cannot be mapped.
        if file.metadata().map_err(read)?.len() < SHORTEST {
            return Err(foreign());
        }
        let mapped = file.try_clone().map_err(read)?;
        let map = MemoryMappedFile::from_file(mapped, MmapMode::ReadOnly, path)
            .map_err(|error| read(io::Error::other(error)))?;
        let size = map.len();
        let bytes = map.as_slice_bytes(0, size).map_err(|error| read(io::Error::other(error)))?;
        if !bytes.starts_with(MAGIC) {
            return Err(foreign());
        }
        let (content, trailer) = bytes.split_at((size - TRAILER) as usize);
        let mut at = Cursor(trailer);
        let (vulnerabilities, packages, header) = (at.number(), at.number(), at.number());
        let (written, key, signature) = (at.take(DIGEST as usize), at.take(32), at.take(64));
        let signed = size - (TRAILER - POSITIONS);
        let digest = digest(&map, bytes.get(..signed as usize).unwrap_or_default())
            .map_err(|error| read(io::Error::other(error)))?;
        if digest.as_bytes() != written {
            return Err(damaged("its digest differs"));
        }
        let key = PublicKey::from_bytes(key.try_into().map_err(|_| damaged("its key"))?);
        if !key.verifies(written, signature) {
            return Err(damaged("its signature is wrong"));
        }
        if let Trust::Key(trusted) = trust
            && trusted != key
        {
            let path = path.to_owned();
            return Err(OpenError::Untrusted { path, found: key, trusted });
        }
        let end = content.len() as u64;
        if header > end || end - header > HEADER {
            return Err(damaged("the size of its header"));
        }
        let text = content.get(header as usize..).unwrap_or_default();
        let parsed: Header = serde_json::from_slice(text).map_err(|_| damaged("its header"))?;
        let fits = |from: u64, count: u64, to: u64| {
            count.checked_mul(ENTRY).and_then(|bytes| from.checked_add(bytes)) == Some(to)
        };
        let whole = fits(vulnerabilities, parsed.vulnerabilities, packages)
            && fits(packages, parsed.packages, header);
        if !whole {
            return Err(damaged("the size of its index"));
        }
        if parsed.vulnerabilities == 0 || parsed.packages == 0 {
            return Err(OpenError::Empty(path.to_owned()));
        }
        Ok(Self {
            path: path.to_owned(),
            header: parsed,
            digest,
            key,
            size,
            vulnerabilities,
            packages,
            file,
            map,
        })
    }

    /// The same, in another place.
    pub(super) fn moved_to(mut self, path: &Path) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// Its version: a number with a fraction.
    pub fn version(&self) -> &str {
        &self.header.version
    }

    /// The date of its newest record.
    pub fn built_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.header.built_at, 0).unwrap_or_default()
    }

    /// The date of its newest record in the form that clients read.
    pub fn create_time(&self) -> String {
        self.built_at().format("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// Fails where the newest record of this database is older than `present`,
    /// the newest of the one that it would replace. A date that is still to come holds nothing up.
    pub fn not_older_than(&self, present: DateTime<Utc>) -> Result<(), Outdated> {
        let offered = self.built_at();
        if offered < present && present <= Utc::now() + AHEAD {
            Err(Outdated { offered, present })
        } else {
            Ok(())
        }
    }

    /// What it was made from.
    pub fn sources(&self) -> &[SourceSummary] {
        &self.header.sources
    }

    /// Digest of its content, by which it is known.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Whose it is.
    pub const fn key(&self) -> PublicKey {
        self.key
    }

    /// Its size in bytes, signature and all.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Number of vulnerabilities.
    pub const fn vulnerabilities(&self) -> u64 {
        self.header.vulnerabilities
    }

    /// Bytes of the file from `offset`, at most `size`; none behind its end.
    pub fn bytes(&self, offset: u64, size: u64) -> Result<&[u8], OpenError> {
        let size = size.min(self.size.saturating_sub(offset));
        if size == 0 { Ok(&[]) } else { self.slice(offset, size, self.size) }
    }

    /// Bytes that lie before `end`.
    fn slice(&self, position: u64, size: u64, end: u64) -> Result<&[u8], OpenError> {
        if position.checked_add(size).is_none_or(|last| last > end) {
            return Err(self.damaged("a position"));
        }
        self.map.as_slice_bytes(position, size).map_err(|_| self.damaged("a position"))
    }

    fn damaged(&self, reason: &'static str) -> OpenError {
        OpenError::Damaged { path: self.path.clone(), reason }
    }
}
