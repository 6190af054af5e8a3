//! One pass over a layer.

use std::io::{self, Read};
use std::rc::Rc;

use palisade_api::Digest;
use tar::EntryType;

use super::content::{FileContent, LayerContent, Node};
use super::decompress::Decompressed;
use super::meter::{Counts, Hashed, Metered};
use super::path::{self, normalise};
use super::tar_stream::{Entry, TarError, TarStream};
use crate::error::{LayerLimit, ScanError};
use crate::limits::Limits;
use crate::os;

/// What a layer's bytes must turn out to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerIdentity {
    pub(crate) digest: Digest,
    /// Bytes as stored; none when the source tells no size.
    pub(crate) size: Option<u64>,
    /// Whether the digest is that of the bytes as stored.
    pub(crate) verify: bool,
}

/// Reads a layer to its end and verifies its size and digest. Blocks.
pub(crate) fn read(
    source: impl Read,
    layer: LayerIdentity,
    limits: &Limits,
) -> Result<LayerContent, ScanError> {
    let counts = Rc::new(Counts::default());
    let mut pass =
        Pass { layer: layer.digest, limits, content: LayerContent::default(), packages: 0 };
    let damaged = |error: &io::Error| match counts.broken() {
        Some(limit) => ScanError::LayerLimit { layer: layer.digest, limit },
        None => ScanError::LayerDamaged { layer: layer.digest, reason: error.to_string() },
    };
    let source = Hashed::new(source, Rc::clone(&counts));
    let unpacked = Decompressed::new(source).map_err(|error| damaged(&error))?;
    let metered = Metered::new(unpacked, Rc::clone(&counts), limits);
    let mut archive = TarStream::new(
        io::BufReader::with_capacity(64 << 10, metered),
        limits.entries,
        limits.extended_header_bytes,
    );
    loop {
        match archive.next() {
            Ok(Some(entry)) => pass.entry(&entry, &mut archive).map_err(|error| match error {
                PassError::Read(error) => damaged(&error),
                PassError::Scan(error) => error,
            })?,
            Ok(None) => break,
            Err(TarError::Read(error)) => return Err(damaged(&error)),
            Err(TarError::Malformed(reason)) => {
                return Err(ScanError::LayerDamaged {
                    layer: layer.digest,
                    reason: reason.to_owned(),
                });
            }
            Err(TarError::Limit(limit)) => {
                return Err(ScanError::LayerLimit { layer: layer.digest, limit });
            }
        }
    }
    pass.content.entries = archive.entries();
    pass.content.unpacked = counts.unpacked();
    let source =
        archive.into_inner().into_inner().into_inner().drain().map_err(|error| damaged(&error))?;
    if let Some(expected) = layer.size
        && counts.compressed() != expected
    {
        return Err(ScanError::SizeMismatch {
            what: "layer",
            digest: layer.digest,
            expected,
            found: counts.compressed(),
        });
    }
    let found = source.digest();
    if layer.verify && found != layer.digest {
        return Err(ScanError::DigestMismatch { what: "layer", expected: layer.digest, found });
    }
    Ok(pass.content)
}

enum PassError {
    Read(io::Error),
    Scan(ScanError),
}

impl From<ScanError> for PassError {
    fn from(error: ScanError) -> Self {
        Self::Scan(error)
    }
}

struct Pass<'a> {
    layer: Digest,
    limits: &'a Limits,
    content: LayerContent,
    packages: usize,
}

impl Pass<'_> {
    fn entry<R: Read>(
        &mut self,
        entry: &Entry,
        archive: &mut TarStream<R>,
    ) -> Result<(), PassError> {
        let path = normalise(&entry.path).map_err(|_| self.escape(&entry.path))?;
        let base = path::base(&path);
        if base == ".wh..wh..opq" {
            let folder = path::parent(&path);
            if os::is_relevant(folder) {
                self.content.opaque.insert(folder.to_owned());
            }
            return Ok(());
        }
        if let Some(name) = base.strip_prefix(".wh.") {
            // `.wh..wh.` names are bookkeeping of the storage driver.
            let removed = match path::parent(&path) {
                "" => name.to_owned(),
                parent => format!("{parent}/{name}"),
            };
            if !name.starts_with(".wh.") && !name.is_empty() && os::is_relevant(&removed) {
                self.content.removed.insert(removed);
            }
            return Ok(());
        }
        let node = match entry.kind {
            EntryType::Directory => Node::Folder,
            EntryType::Symlink => {
                let target = entry.link.as_deref().unwrap_or_default();
                if !os::is_relevant(&path) {
                    return Ok(());
                }
                Node::Link(String::from_utf8_lossy(target).into_owned())
            }
            EntryType::Link => {
                let target = entry.link.as_deref().unwrap_or_default();
                let target = normalise(target).map_err(|_| self.escape(target))?;
                if !os::is_relevant(&path) {
                    return Ok(());
                }
                self.hard_link(&path, &target)?
            }
            kind if kind.is_file() || kind == EntryType::GNUSparse => match os::file_kind(&path) {
                Some(file) => Node::File(self.file(&path, file, entry.size, archive)?),
                None => Node::File(FileContent::Other),
            },
            _ => Node::File(FileContent::Other),
        };
        if os::is_relevant(&path) && !path.is_empty() {
            if self.content.nodes.len() >= self.limits.packages {
                return Err(self.limit(LayerLimit::Packages(self.limits.packages)).into());
            }
            self.content.nodes.insert(path, node);
        }
        Ok(())
    }

    /// A hard link is the same file as its target, which came before it in
    /// the archive. A file of interest whose content is not at hand would
    /// hide packages.
    fn hard_link(&self, path: &str, target: &str) -> Result<Node, ScanError> {
        match self.content.nodes.get(target) {
            Some(node)
                if os::file_kind(path).is_some() && *node == Node::File(FileContent::Other) =>
            {
                Err(Self::hidden(path, target))
            }
            Some(node) => Ok(node.clone()),
            None if os::file_kind(path).is_some() => Err(Self::hidden(path, target)),
            None => Ok(Node::File(FileContent::Other)),
        }
    }

    fn hidden(path: &str, target: &str) -> ScanError {
        ScanError::PackageDatabase {
            path: path.to_owned(),
            reason: format!(
                "is a hard link to {}, which is read by nobody",
                path::shown(target.as_bytes())
            ),
        }
    }

    fn file<R: Read>(
        &mut self,
        path: &str,
        file: os::FileKind,
        size: u64,
        archive: &mut TarStream<R>,
    ) -> Result<FileContent, PassError> {
        if size > self.limits.file_bytes {
            return Err(self.limit(LayerLimit::FileSize(self.limits.file_bytes)).into());
        }
        let mut bytes = Vec::new();
        archive.content().read_to_end(&mut bytes).map_err(PassError::Read)?;
        if (bytes.len() as u64) < size {
            return Err(PassError::Read(io::ErrorKind::UnexpectedEof.into()));
        }
        let content = os::parse(path, file, &bytes)?;
        if let FileContent::Packages(packages) = &content {
            self.packages += packages.len();
            if self.packages > self.limits.packages {
                return Err(self.limit(LayerLimit::Packages(self.limits.packages)).into());
            }
        }
        Ok(content)
    }

    fn escape(&self, path: &[u8]) -> ScanError {
        ScanError::LayerEscape { layer: self.layer, entry: path::shown(path) }
    }

    fn limit(&self, limit: LayerLimit) -> ScanError {
        ScanError::LayerLimit { layer: self.layer, limit }
    }
}
