//! One pass over a layer.

use std::io::{self, Read};
use std::rc::Rc;

use palisade_api::Digest;
use tar::EntryType;

use super::collect::Collector;
use super::content::LayerContent;
use super::decompress::Decompressed;
use super::meter::{Counts, Hashed, Metered};
use super::path::{self, normalise};
use super::tar_stream::{self, TarError, TarStream};
use crate::error::{LayerLimit, ScanError};
use crate::inspect::{Entry, Problem};
use crate::scope::Scope;

/// What a layer's bytes must turn out to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerIdentity {
    pub(crate) digest: Digest,
    /// Bytes as stored; none when the source tells no size.
    pub(crate) size: Option<u64>,
    /// Whether the digest is that of the bytes as stored.
    pub(crate) verify: bool,
}

/// Reads a layer to its end and verifies its size and digest. Of a broken one
/// it gives what came before, where `scope` wants that; bytes with another
/// digest than announced are nobody's layer. Blocks.
pub(crate) fn read(
    source: impl Read,
    layer: LayerIdentity,
    scope: &Scope,
) -> Result<LayerContent, ScanError> {
    let counts = Rc::new(Counts::default());
    let mut pass = Pass {
        layer: layer.digest,
        collector: Collector::new(scope),
        hollow: 0,
        most_hollow: scope.limits.unpacked_bytes,
    };
    match pass.all(Hashed::new(source, layer.digest, Rc::clone(&counts)), layer, &counts) {
        Ok(entries) => Ok(pass.collector.finish(entries, counts.unpacked())),
        Err(error) if scope.goes_on_after(&error) => {
            let content = match error {
                ScanError::DigestMismatch { .. } => LayerContent::default(),
                _ => pass.collector.finish(0, counts.unpacked()),
            };
            Ok(content.broken(&error))
        }
        Err(error) => Err(error),
    }
}

impl LayerIdentity {
    /// Holds what was read, all of it, against what was announced.
    fn verify<R: Read>(&self, read: &Hashed<R>, counts: &Counts) -> Result<(), ScanError> {
        if let Some(expected) = self.size
            && counts.compressed() != expected
        {
            return Err(ScanError::SizeMismatch {
                what: "layer",
                digest: self.digest,
                expected,
                found: counts.compressed(),
            });
        }
        let found = read.digest();
        if self.verify && found != self.digest {
            return Err(ScanError::digest_mismatch("layer", self.digest, found));
        }
        Ok(())
    }
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
    collector: Collector<'a>,
    /// Bytes of holes so far, which nobody counts on the way, and at most.
    hollow: u64,
    most_hollow: u64,
}

impl Pass<'_> {
    /// Reads all entries; gives their number.
    fn all(
        &mut self,
        source: Hashed<impl Read>,
        layer: LayerIdentity,
        counts: &Rc<Counts>,
    ) -> Result<u64, ScanError> {
        let scope = self.collector.scope();
        let limits = &scope.limits;
        let damaged = |error: &io::Error| match counts.broken() {
            Some(limit) => ScanError::LayerLimit { layer: layer.digest, limit },
            None => ScanError::LayerDamaged { layer: layer.digest, reason: error.to_string() },
        };
        let unpacked = Decompressed::new(source).map_err(|error| damaged(&error))?;
        let _window = scope.window(unpacked.window());
        let metered = Metered::new(unpacked, Rc::clone(counts), limits);
        let mut archive = TarStream::new(
            io::BufReader::with_capacity(64 << 10, metered),
            limits.entries,
            limits.extended_header_bytes,
        );
        loop {
            match archive.next() {
                Ok(Some(entry)) => {
                    self.entry(&entry, &mut archive).map_err(|error| match error {
                        PassError::Read(error) => damaged(&error),
                        PassError::Scan(error) => error,
                    })?;
                }
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
        let entries = archive.entries();
        let rest = archive.into_inner().into_inner().into_inner();
        layer.verify(&rest.drain().map_err(|error| damaged(&error))?, counts)?;
        Ok(entries)
    }

    fn entry<R: Read>(
        &mut self,
        entry: &tar_stream::Entry,
        archive: &mut TarStream<R>,
    ) -> Result<(), PassError> {
        let Some(path) = self.path(&entry.path) else { return Ok(()) };
        if path.is_empty() || self.collector.whiteout(&path) {
            return Ok(());
        }
        match entry.kind {
            EntryType::Directory => self.collector.folder(&path, entry.mode),
            EntryType::Symlink => {
                self.collector.link(&path, entry.link.as_deref().unwrap_or_default());
            }
            EntryType::Link => {
                let target = entry.link.as_deref().unwrap_or_default();
                if let Some(target) = self.path(target) {
                    self.collector.hard_link(&path, &target);
                }
            }
            EntryType::Regular | EntryType::GNUSparse | EntryType::Continuous => {
                self.hollow = self.hollow.saturating_add(entry.hollow);
                if self.hollow > self.most_hollow {
                    let limit = LayerLimit::Unpacked(self.most_hollow);
                    return Err(ScanError::LayerLimit { layer: self.layer, limit }.into());
                }
                let file = Entry { path: &path, size: entry.size, mode: entry.mode };
                self.collector.file(&file, &mut archive.content()).map_err(PassError::Read)?;
            }
            _ => self.collector.plain(&path),
        }
        Ok(())
    }

    /// The path in normal form. One that leads out of the image is told, and
    /// read where runtimes put it.
    fn path(&mut self, path: &[u8]) -> Option<String> {
        if let Ok(path) = normalise(path) {
            return Some(path);
        }
        let inside = path::inside(path);
        let reason = match inside {
            Some(_) => "leads out of the image",
            None => "has a path that is too long, or holds a zero byte",
        };
        self.collector.problem(&path::shown(path), Problem::new(reason));
        inside
    }
}
