//! Reading the file, which is mapped into memory.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use mmap_io::{MemoryMappedFile, MmapAdvice, MmapIoError, MmapMode};
use palisade_api::Digest;
use ring::digest::{Context, SHA256};
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::format::{
    DIGEST, ENTRY, HEADER, Header, LARGEST_BLOCK, MAGIC, POSITIONS, ProseAt, RECORD, SourceSummary,
    Stored, TRAILER, hash, package_key,
};
use super::record::{Affected, Prose, Vulnerability};
use super::signing::PublicKey;

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

/// Bytes that are hashed at a time.
const PIECE: usize = 1 << 20;

/// Bytes that are read of a record or block at once; few are larger.
const USUAL: usize = 4 << 10;

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

/// An open database. Whoever renews it puts another file in its place: the
/// content of one that is open does not change.
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
        let read = |source: io::Error| OpenError::Read { path: path.to_owned(), source };
        let damaged = |reason| OpenError::Damaged { path: path.to_owned(), reason };
        let foreign = || OpenError::Foreign(path.to_owned());
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(OpenError::Missing(path.to_owned()));
            }
            Err(error) => return Err(read(error)),
        };
        let meta = file.metadata().map_err(read)?;
        if !meta.is_file() {
            return Err(foreign());
        }
        let size = meta.len();
        // What is empty cannot be mapped.
        if size < MAGIC.len() as u64 + TRAILER {
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
    /// the newest of the one that it would replace.
    pub fn not_older_than(&self, present: DateTime<Utc>) -> Result<(), Outdated> {
        let offered = self.built_at();
        if offered < present { Err(Outdated { offered, present }) } else { Ok(()) }
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

    /// What is known of the vulnerability `name`.
    pub fn vulnerability(&self, name: &str) -> Result<Option<Vulnerability>, OpenError> {
        Ok(self.stored(name)?.map(|stored| stored.vulnerability))
    }

    /// The texts about vulnerabilities, to be asked for one after the other.
    pub fn texts(&self) -> Result<Texts<'_>, OpenError> {
        let dictionary = self.part(MAGIC.len() as u64)?;
        let unpacker = zstd::bulk::Decompressor::with_dictionary(&dictionary)
            .map_err(|_| self.damaged("its dictionary"))?;
        Ok(Texts { database: self, unpacker, block: 0, unpacked: Vec::new() })
    }

    /// The vulnerabilities of `package` in `ecosystem`, whatever version.
    pub fn affected(&self, ecosystem: &str, package: &str) -> Result<Vec<Affected>, OpenError> {
        let key = package_key(ecosystem, package);
        Ok(self.find(self.packages, self.header.packages, &key)?.unwrap_or_default())
    }

    fn stored(&self, name: &str) -> Result<Option<Stored>, OpenError> {
        let count = self.header.vulnerabilities;
        let found: Option<Stored> = self.find(self.vulnerabilities, count, name.as_bytes())?;
        Ok(found.map(|mut stored| {
            name.clone_into(&mut stored.vulnerability.name);
            stored
        }))
    }

    fn find<T: DeserializeOwned>(
        &self,
        index: u64,
        count: u64,
        key: &[u8],
    ) -> Result<Option<T>, OpenError> {
        let wanted = hash(key);
        let entries = self.slice(index, count * ENTRY, self.size)?;
        let (entries, _) = entries.as_chunks::<{ ENTRY as usize }>();
        for entry in entries.iter().skip(first(entries, wanted)) {
            let mut entry = Cursor(entry);
            if entry.number() != wanted {
                break;
            }
            let position = entry.number();
            let bytes = self.read(position, USUAL.max(key.len() + 8))?;
            let mut record = Cursor(&bytes);
            let size = u64::from(record.size());
            if size != key.len() as u64 || record.take(key.len()) != key {
                continue;
            }
            let value = self.part_of(position + 4 + size, record.0)?;
            return postcard::from_bytes(&value).map(Some).map_err(|_| self.damaged("a record"));
        }
        Ok(None)
    }

    /// A value or block.
    fn part(&self, position: u64) -> Result<Vec<u8>, OpenError> {
        self.part_of(position, &self.read(position, USUAL)?)
    }

    /// The same, of which `begun` was read.
    fn part_of(&self, position: u64, begun: &[u8]) -> Result<Vec<u8>, OpenError> {
        let mut part = Cursor(begun);
        let size = part.size();
        if let Some(whole) = part.0.get(..size as usize).filter(|_| begun.len() >= 4) {
            return Ok(whole.to_vec());
        }
        // Of a large key the beginning may not have been read.
        let size = match begun.len() {
            0..4 => Cursor(&self.read(position, 4)?).size(),
            _ => size,
        };
        if u64::from(size) > RECORD {
            return Err(self.damaged("the size of a record"));
        }
        let whole = self.read(position + 4, size as usize)?;
        if whole.len() < size as usize {
            return Err(self.damaged("a position"));
        }
        Ok(whole)
    }

    /// Bytes of the records, at most `size`; fewer where the records end.
    fn read(&self, position: u64, size: usize) -> Result<Vec<u8>, OpenError> {
        let there = self.vulnerabilities.checked_sub(position).filter(|there| *there >= 4);
        let there = there.ok_or_else(|| self.damaged("a position"))?;
        let mut bytes = vec![0; size.min(usize::try_from(there).unwrap_or(size))];
        self.file
            .read_exact_at(&mut bytes, position)
            .map_err(|source| OpenError::Read { path: self.path.clone(), source })?;
        Ok(bytes)
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

/// The texts about vulnerabilities.
pub struct Texts<'a> {
    database: &'a VulnDb,
    unpacker: zstd::bulk::Decompressor<'a>,
    /// The block that was unpacked last, by its position; 0 where none was.
    block: u64,
    unpacked: Vec<u8>,
}

impl Texts<'_> {
    /// The texts about the vulnerability `name`; empty where there are none.
    pub fn prose(&mut self, name: &str) -> Result<Prose, OpenError> {
        let Some(stored) = self.database.stored(name)? else { return Ok(Prose::default()) };
        let damaged = |reason| self.database.damaged(reason);
        let ProseAt { block, start, size } = stored.prose;
        if self.block != block {
            let packed = self.database.part(block)?;
            self.block = 0;
            self.unpacked.clear();
            self.unpacked.reserve(LARGEST_BLOCK);
            self.unpacker
                .decompress_to_buffer(&packed, &mut self.unpacked)
                .map_err(|_| damaged("a block of texts"))?;
            self.block = block;
        }
        let (start, size) = (start as usize, size as usize);
        let text = self.unpacked.get(start..).and_then(|rest| rest.get(..size));
        text.and_then(|text| postcard::from_bytes(text).ok()).ok_or_else(|| damaged("a text"))
    }
}

impl fmt::Debug for Texts<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Texts").field("database", &self.database.path).finish()
    }
}

/// The first of the entries, ordered by hash, that has `wanted` or more. Hashes
/// are spread evenly, so that it lies near its share of the whole.
fn first(entries: &[[u8; ENTRY as usize]], wanted: u64) -> usize {
    let below = |at: usize| entries.get(at).is_some_and(|entry| Cursor(entry).number() < wanted);
    let share = (u128::from(wanted) * entries.len() as u128) >> 64;
    let (mut low, mut high) = (share as usize, share as usize);
    let mut step = 64;
    while low > 0 && !below(low) {
        low = low.saturating_sub(step);
        step *= 2;
    }
    let mut step = 64;
    while high < entries.len() && below(high) {
        high = (high + step).min(entries.len());
        step *= 2;
    }
    let between = entries.get(low..high).unwrap_or_default();
    low + between.partition_point(|entry| Cursor(entry).number() < wanted)
}

/// Bytes that are taken from the front; missing ones are zero.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, size: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at_checked(size).unwrap_or((self.0, &[]));
        self.0 = rest;
        taken
    }

    fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().unwrap_or_default())
    }

    fn size(&mut self) -> u32 {
        u32::from_le_bytes(self.take(4).try_into().unwrap_or_default())
    }
}
