//! Writing the file in one go.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use palisade_api::Digest;
use ring::digest::{Context, SHA256};
use tempfile::NamedTempFile;
use tracing::{debug, warn};

use super::BuildError;
use crate::vulndb::format::{
    BLOCK, Header, LARGEST_BLOCK, MAGIC, ProseAt, RECORD, Stored, TRAILER, hash,
};
use crate::vulndb::record::{Prose, Vulnerability};
use crate::vulndb::signing::SigningKey;

/// How hard prose is packed: higher is not much smaller, only slower.
const LEVEL: i32 = 9;

/// The ending of what is not whole.
const PARTIAL: &str = ".partial";

/// A database that is being written beside the place where it will be. It goes
/// with this, unless it is finished.
pub(super) struct Writer {
    out: PathBuf,
    file: Hashing,
    vulnerabilities: Vec<(u64, u64)>,
    packages: Vec<(u64, u64)>,
    /// Prose that is not packed yet, and what it belongs to.
    block: Vec<u8>,
    waiting: Vec<(Vulnerability, ProseAt)>,
    packer: zstd::bulk::Compressor<'static>,
}

impl Writer {
    /// Prose is packed with `dictionary`, which may be empty.
    pub(super) fn create(out: &Path, dictionary: &[u8]) -> io::Result<Self> {
        let inner = BufWriter::new(partial(out)?);
        let mut file = Hashing { inner, context: Context::new(&SHA256), position: 0 };
        file.write_all(MAGIC)?;
        file.write_all(&(dictionary.len() as u32).to_le_bytes())?;
        file.write_all(dictionary)?;
        Ok(Self {
            out: out.to_owned(),
            file,
            vulnerabilities: Vec::new(),
            packages: Vec::new(),
            block: Vec::new(),
            waiting: Vec::new(),
            packer: zstd::bulk::Compressor::with_dictionary(LEVEL, dictionary)?,
        })
    }

    /// Vulnerabilities come first, each once.
    pub(super) fn vulnerability(
        &mut self,
        vulnerability: Vulnerability,
        prose: &Prose,
    ) -> Result<(), BuildError> {
        let text = postcard::to_stdvec(prose)?;
        let at = ProseAt {
            block: 0,
            start: self.block.len() as u32,
            size: text.len().min(LARGEST_BLOCK - BLOCK) as u32,
        };
        if text.len() > LARGEST_BLOCK - BLOCK {
            return Err(BuildError::Large(vulnerability.name));
        }
        self.block.extend_from_slice(&text);
        self.waiting.push((vulnerability, at));
        if self.block.len() >= BLOCK { self.pack() } else { Ok(()) }
    }

    fn pack(&mut self) -> Result<(), BuildError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let block = self.file.position;
        let packed = self.packer.compress(&self.block).map_err(|error| self.failed(error))?;
        let size = (packed.len() as u32).to_le_bytes();
        let written = self.file.write_all(&size).and_then(|()| self.file.write_all(&packed));
        written.map_err(|error| self.failed(error))?;
        self.block.clear();
        for (mut vulnerability, at) in std::mem::take(&mut self.waiting) {
            let name = std::mem::take(&mut vulnerability.name).into_bytes();
            let stored = Stored { vulnerability, prose: ProseAt { block, ..at } };
            let place = self.record(&name, &postcard::to_stdvec(&stored)?)?;
            self.vulnerabilities.push(place);
        }
        Ok(())
    }

    /// Packages come after all vulnerabilities, each once.
    pub(super) fn package(&mut self, key: &[u8], value: &[u8]) -> Result<(), BuildError> {
        self.pack()?;
        let place = self.record(key, value)?;
        self.packages.push(place);
        Ok(())
    }

    fn record(&mut self, key: &[u8], value: &[u8]) -> Result<(u64, u64), BuildError> {
        let position = self.file.position;
        for part in [key, value] {
            if part.len() as u64 > RECORD {
                return Err(BuildError::Large(String::from_utf8_lossy(key).into_owned()));
            }
            let size = (part.len() as u32).to_le_bytes();
            let written = self.file.write_all(&size).and_then(|()| self.file.write_all(part));
            written.map_err(|error| self.failed(error))?;
        }
        Ok((hash(key), position))
    }

    /// Numbers of vulnerabilities and packages so far.
    pub(super) fn counts(&mut self) -> Result<(u64, u64), BuildError> {
        self.pack()?;
        Ok((self.vulnerabilities.len() as u64, self.packages.len() as u64))
    }

    /// Signs the file and puts it in its place. Gives its size and digest.
    pub(super) fn finish(
        mut self,
        header: &Header,
        key: &SigningKey,
    ) -> Result<(u64, Digest), BuildError> {
        self.pack()?;
        let header = serde_json::to_vec(header)?;
        let path = self.out.clone();
        self.close(&header, key).map_err(|source| BuildError::Write { path, source })
    }

    fn close(mut self, header: &[u8], key: &SigningKey) -> io::Result<(u64, Digest)> {
        let mut positions = Vec::new();
        for index in [&mut self.vulnerabilities, &mut self.packages] {
            positions.push(self.file.position);
            index.sort_unstable();
            for (hash, position) in index {
                self.file.write_all(&hash.to_le_bytes())?;
                self.file.write_all(&position.to_le_bytes())?;
            }
        }
        positions.push(self.file.position);
        self.file.write_all(header)?;
        let size = self.file.position + TRAILER;
        for position in positions {
            self.file.write_all(&position.to_le_bytes())?;
        }
        let Hashing { mut inner, context, .. } = self.file;
        let mut digest = [0; 32];
        for (to, from) in digest.iter_mut().zip(context.finish().as_ref()) {
            *to = *from;
        }
        inner.write_all(&digest)?;
        inner.write_all(key.public().as_bytes())?;
        inner.write_all(&key.sign(&digest))?;
        let file = inner.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        key.publish().map_err(io::Error::other)?;
        file.persist(&self.out).map_err(|failed| failed.error)?;
        Ok((size, Digest::from_bytes(digest)))
    }

    fn failed(&self, source: io::Error) -> BuildError {
        BuildError::Write { path: self.out.clone(), source }
    }
}

/// A file of a name that nobody knew before, so that none that is there, or
/// link that leads elsewhere, is written to. Whoever may read others may read it.
fn partial(out: &Path) -> io::Result<NamedTempFile> {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".");
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    if let Err(error) = tidy(folder, &name) {
        warn!(%error, "what was left of earlier builds cannot be removed");
    }
    loop {
        let file = tempfile::Builder::new()
            .prefix(&name)
            .suffix(PARTIAL)
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)?;
        if let Err(error) = file.as_file().lock() {
            // Then nobody else gets a lock either, and it is left alone.
            debug!(%error, "the file system knows no locks");
            return Ok(file);
        }
        // Another build may have removed it before it was locked.
        if file.path().exists() {
            return Ok(file);
        }
    }
}

/// Removes what builds left that were killed, lest one a night fills the disk. Those that still
/// write hold a lock.
fn tidy(folder: &Path, begin: &OsStr) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        let is_partial = name.starts_with(begin.as_encoded_bytes())
            && name.ends_with(PARTIAL.as_bytes())
            && entry.file_type()?.is_file();
        if !is_partial {
            continue;
        }
        // Held until it is gone: whoever has just made it waits for the lock, and makes another.
        let left = File::open(entry.path())?;
        if left.try_lock().is_ok() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

struct Hashing {
    inner: BufWriter<NamedTempFile>,
    context: Context,
    position: u64,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.context.update(bytes.get(..written).unwrap_or_default());
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
