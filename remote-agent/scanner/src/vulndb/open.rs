//! Reading the file.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use ring::digest::{Context, SHA256};
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::format::{
    DIGEST, ENTRY, HEADER, Header, MAGIC, RECORD, SourceSummary, hash, package_key,
};
use super::record::{Affected, Vulnerability};

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
}

/// An open database.
#[derive(Debug)]
pub struct VulnDb {
    path: PathBuf,
    file: File,
    header: Header,
    digest: Digest,
    /// Where the indexes start.
    vulnerabilities: u64,
    packages: u64,
    /// Where the digest starts: the end of the records.
    end: u64,
}

impl VulnDb {
    /// Opens the database at `path` and verifies its digest. Blocks.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let read = |source: io::Error| OpenError::Read { path: path.to_owned(), source };
        let damaged = |reason| OpenError::Damaged { path: path.to_owned(), reason };
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => OpenError::Missing(path.to_owned()),
            _ => read(error),
        })?;
        let size = file.metadata().map_err(read)?.len();
        let mut head = [0; 12];
        if size < head.len() as u64 + DIGEST {
            return Err(OpenError::Foreign(path.to_owned()));
        }
        file.read_exact_at(&mut head, 0).map_err(read)?;
        let (magic, header_size) = head.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(OpenError::Foreign(path.to_owned()));
        }
        let end = size - DIGEST;
        let digest =
            verify(&file, end).map_err(read)?.ok_or_else(|| damaged("its digest differs"))?;
        let header_size = u64::from(u32::from_le_bytes(header_size.try_into().unwrap_or_default()));
        let start = head.len() as u64 + header_size;
        if header_size > HEADER || start > end {
            return Err(damaged("the size of its header"));
        }
        let mut header = vec![0; header_size as usize];
        file.read_exact_at(&mut header, head.len() as u64).map_err(read)?;
        let header: Header = serde_json::from_slice(&header).map_err(|_| damaged("its header"))?;
        let packages = header
            .vulnerabilities
            .checked_mul(ENTRY)
            .and_then(|bytes| bytes.checked_add(start))
            .ok_or_else(|| damaged("the size of its index"))?;
        let records = header.packages.checked_mul(ENTRY).and_then(|b| b.checked_add(packages));
        if records.is_none_or(|records| records > end) {
            return Err(damaged("the size of its index"));
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            header,
            digest,
            vulnerabilities: start,
            packages,
            end,
        })
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

    /// What it was made from.
    pub fn sources(&self) -> &[SourceSummary] {
        &self.header.sources
    }

    /// Digest of its content.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Number of vulnerabilities.
    pub fn vulnerabilities(&self) -> u64 {
        self.header.vulnerabilities
    }

    /// What is known of the vulnerability `name`.
    pub fn vulnerability(&self, name: &str) -> Result<Option<Vulnerability>, OpenError> {
        self.find(self.vulnerabilities, self.header.vulnerabilities, name.as_bytes())
    }

    /// The vulnerabilities of `package` in `ecosystem`, whatever version.
    pub fn affected(&self, ecosystem: &str, package: &str) -> Result<Vec<Affected>, OpenError> {
        let key = package_key(ecosystem, package);
        Ok(self.find(self.packages, self.header.packages, &key)?.unwrap_or_default())
    }

    fn find<T: DeserializeOwned>(
        &self,
        index: u64,
        count: u64,
        key: &[u8],
    ) -> Result<Option<T>, OpenError> {
        let wanted = hash(key);
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.entry(index, middle)?.0 < wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        while low < count {
            let (hash, position) = self.entry(index, low)?;
            if hash != wanted {
                break;
            }
            let (found, value_at) = self.part(position)?;
            if found == key {
                let (value, _) = self.part(value_at)?;
                return serde_json::from_slice(&value)
                    .map(Some)
                    .map_err(|_| self.damaged("a record"));
            }
            low += 1;
        }
        Ok(None)
    }

    fn entry(&self, index: u64, at: u64) -> Result<(u64, u64), OpenError> {
        let mut bytes = [0; ENTRY as usize];
        self.read(&mut bytes, index + at * ENTRY)?;
        let (hash, position) = bytes.split_at(8);
        let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap_or_default());
        Ok((number(hash), number(position)))
    }

    /// A key or value, and the position behind it.
    fn part(&self, position: u64) -> Result<(Vec<u8>, u64), OpenError> {
        let mut size = [0; 4];
        self.read(&mut size, position)?;
        let size = u64::from(u32::from_le_bytes(size));
        let start = position + 4;
        if size > RECORD || start + size > self.end {
            return Err(self.damaged("the size of a record"));
        }
        let mut bytes = vec![0; size as usize];
        self.read(&mut bytes, start)?;
        Ok((bytes, start + size))
    }

    fn read(&self, bytes: &mut [u8], position: u64) -> Result<(), OpenError> {
        if position.checked_add(bytes.len() as u64).is_none_or(|end| end > self.end) {
            return Err(self.damaged("a position"));
        }
        self.file
            .read_exact_at(bytes, position)
            .map_err(|source| OpenError::Read { path: self.path.clone(), source })
    }

    fn damaged(&self, reason: &'static str) -> OpenError {
        OpenError::Damaged { path: self.path.clone(), reason }
    }
}

/// The digest of the first `end` bytes, where it is the one written behind
/// them.
fn verify(file: &File, end: u64) -> io::Result<Option<Digest>> {
    let mut context = Context::new(&SHA256);
    let mut reader = file.try_clone()?;
    io::Seek::rewind(&mut reader)?;
    let mut rest = reader.take(end);
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = rest.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        context.update(buffer.get(..read).unwrap_or_default());
    }
    let found = context.finish();
    let mut written = [0; DIGEST as usize];
    file.read_exact_at(&mut written, end)?;
    Ok((found.as_ref() == written).then_some(Digest::from_bytes(written)))
}
