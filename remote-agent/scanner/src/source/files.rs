//! The files that a packed image consists of: in a folder, or in an archive.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::blocking::Wanted;
use crate::error::ScanError;
use crate::layer::{self, Decompressed, TarError, TarStream};
use crate::limits::Limits;

/// Entries of the archive itself: a few for each layer.
const ENTRIES: u64 = 100_000;
/// Links that are followed from one name.
const LINKS: usize = 8;
/// What stands in the archive of a root file system, as `docker export` writes
/// it, and in none of an image.
const OF_ROOTS: [&str; 9] = [
    ".dockerenv",
    "bin/sh",
    "etc/hostname",
    "etc/os-release",
    "etc/passwd",
    "lib/apk/db/installed",
    "usr/bin/sh",
    "usr/lib/os-release",
    "var/lib/dpkg/status",
];

/// Files by their path in normal form.
pub(super) trait Files: Debug + Send + Sync {
    /// The bytes of a file.
    fn size(&self, name: &str) -> Option<u64>;

    /// The content of a file.
    fn open(&self, name: &str) -> Result<Box<dyn Read + Send>, ScanError>;

    /// Whether there is such a file.
    fn has(&self, name: &str) -> bool {
        self.size(name).is_some()
    }

    /// The whole of a small file.
    fn small(&self, name: &str, limit: u64) -> Result<Vec<u8>, ScanError> {
        let mut bytes = Vec::new();
        self.open(name)?
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(ScanError::file(name))?;
        if bytes.len() as u64 > limit {
            return Err(ScanError::Malformed(format!("{name} has more than {limit} bytes")));
        }
        Ok(bytes)
    }
}

fn missing(name: &str) -> ScanError {
    ScanError::Malformed(format!("{} is missing", name.chars().take(200).collect::<String>()))
}

/// Opens a regular file; whatever else stands there would block or worse.
pub(super) fn open_regular(path: &Path) -> io::Result<File> {
    let file = File::options()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"))
    }
}

/// Files below a folder.
#[derive(Debug)]
pub(super) struct InFolder(pub(super) PathBuf);

impl Files for InFolder {
    fn size(&self, name: &str) -> Option<u64> {
        let path = self.0.join(layer::normalise(name.as_bytes()).ok()?);
        path.metadata().ok().filter(std::fs::Metadata::is_file).map(|found| found.len())
    }

    fn open(&self, name: &str) -> Result<Box<dyn Read + Send>, ScanError> {
        let path = self.0.join(layer::normalise(name.as_bytes()).map_err(|_| missing(name))?);
        let file = open_regular(&path).map_err(ScanError::file(path.display().to_string()))?;
        Ok(Box::new(file))
    }
}

/// One file, whatever it is asked for.
#[derive(Debug)]
pub(super) struct Whole(pub(super) PathBuf);

impl Files for Whole {
    fn size(&self, _: &str) -> Option<u64> {
        self.0.metadata().ok().map(|found| found.len())
    }

    fn open(&self, _: &str) -> Result<Box<dyn Read + Send>, ScanError> {
        let file = open_regular(&self.0).map_err(ScanError::file(self.0.display().to_string()))?;
        Ok(Box::new(file))
    }
}

/// Where a file lies in an archive.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u64,
    size: u64,
}

/// Files in a tar archive, which may itself be compressed: each file is then
/// reached by unpacking all that stands before it.
#[derive(Debug)]
pub(super) struct InArchive {
    path: PathBuf,
    compressed: bool,
    places: BTreeMap<String, Place>,
}

impl InArchive {
    /// Looks through the archive at `path` once; none where it is that of a
    /// root file system.
    pub(super) fn at(
        path: &Path,
        limits: &Limits,
        wanted: &Wanted,
    ) -> Result<Option<Self>, ScanError> {
        let shown = path.display().to_string();
        let file = open_regular(path).map_err(ScanError::file(shown.clone()))?;
        let unpacked = Decompressed::new(wanted.reader(file)).map_err(ScanError::file(&*shown))?;
        let compressed = unpacked.is_compressed();
        let places = places(unpacked, &shown, limits)?;
        Ok(places.map(|places| Self { path: path.to_owned(), compressed, places }))
    }
}

impl Files for InArchive {
    fn size(&self, name: &str) -> Option<u64> {
        self.places.get(name).map(|place| place.size)
    }

    fn open(&self, name: &str) -> Result<Box<dyn Read + Send>, ScanError> {
        let place = *self.places.get(name).ok_or_else(|| missing(name))?;
        let opened = || -> io::Result<Box<dyn Read + Send>> {
            let mut file = open_regular(&self.path)?;
            if self.compressed {
                let mut unpacked = Decompressed::new(file)?;
                io::copy(&mut unpacked.by_ref().take(place.start), &mut io::sink())?;
                return Ok(Box::new(unpacked.take(place.size)));
            }
            file.seek(SeekFrom::Start(place.start))?;
            Ok(Box::new(file.take(place.size)))
        };
        opened().map_err(ScanError::file(self.path.display().to_string()))
    }
}

/// The files of an archive with their places. Layers that several images
/// share are links: from the folder of a link on, and hard links from the
/// root; their target may stand before or after them. None where the files are
/// those of a root file system.
fn places(
    archive: impl Read,
    shown: &str,
    limits: &Limits,
) -> Result<Option<BTreeMap<String, Place>>, ScanError> {
    let damaged = |reason: &str| ScanError::Malformed(format!("{shown} is no archive: {reason}"));
    let mut archive = TarStream::new(archive, ENTRIES, limits.extended_header_bytes);
    let mut places: BTreeMap<String, Place> = BTreeMap::new();
    let mut links: BTreeMap<String, String> = BTreeMap::new();
    loop {
        let entry = match archive.next() {
            Ok(Some(entry)) => entry,
            Ok(None) => break,
            Err(TarError::Read(error)) => return Err(ScanError::file(shown)(error)),
            Err(TarError::Malformed(reason)) => return Err(damaged(reason)),
            Err(TarError::Limit(limit)) => return Err(damaged(&limit.to_string())),
        };
        let Ok(name) = layer::normalise(&entry.path) else {
            return Err(damaged("it holds an entry that leaves it"));
        };
        if OF_ROOTS.contains(&name.as_str()) {
            return Ok(None);
        }
        if entry.kind.is_file() {
            places.insert(name, Place { start: archive.position(), size: entry.size });
        } else if let Some(link) = entry.link.as_deref() {
            let folder = match name.rsplit_once('/') {
                Some((folder, _)) if entry.kind.is_symlink() => folder,
                _ => "",
            };
            let target = [folder.as_bytes(), b"/", link].concat();
            if let Ok(target) = layer::normalise(&target) {
                links.insert(name, target);
            }
        }
    }
    for (name, target) in &links {
        let mut target = target;
        for _ in 0..LINKS {
            match links.get(target) {
                Some(next) => target = next,
                None => break,
            }
        }
        if let Some(place) = places.get(target).copied() {
            places.entry(name.clone()).or_insert(place);
        }
    }
    Ok(Some(places))
}
