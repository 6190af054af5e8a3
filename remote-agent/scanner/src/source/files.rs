//! The files that a packed image consists of: in a folder, or in an archive.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::OFlags;
use tracing::warn;

use super::blocking::Wanted;
use crate::error::ScanError;
use crate::layer::{self, Decompressed, TarError, TarStream};
use crate::limits::Limits;

/// Entries of the archive itself: a few for each layer.
const ENTRIES: u64 = 100_000;
/// Bytes of a file that is kept while a compressed archive is looked through, and of all that are:
/// manifests and what is attached are asked for one after the other.
const KEPT: u64 = 1 << 20;
const KEPT_IN_ALL: u64 = 8 << 20;
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

    /// The content of a file, as long as somebody waits for it.
    fn open(&self, name: &str, wanted: &Wanted) -> Result<Box<dyn Read + Send>, ScanError>;

    /// Whether there is such a file.
    fn has(&self, name: &str) -> bool {
        self.size(name).is_some()
    }

    /// Gives `take` the whole of each small file of `names`, with its place among them, in whatever
    /// order is the quickest. Those that are not there are left out.
    fn each_small(
        &self,
        names: &[String],
        limit: u64,
        wanted: &Wanted,
        take: &mut dyn FnMut(usize, Vec<u8>),
    ) -> Result<(), ScanError> {
        one_by_one(self, names, limit, wanted, take);
        Ok(())
    }
}

/// Opens each of the files on its own.
fn one_by_one(
    files: &(impl Files + ?Sized),
    names: &[String],
    limit: u64,
    wanted: &Wanted,
    take: &mut dyn FnMut(usize, Vec<u8>),
) {
    for (at, name) in names.iter().enumerate().filter(|(_, name)| files.has(name)) {
        match files.open(name, wanted).and_then(|file| whole(name, file, limit)) {
            Ok(bytes) => take(at, bytes),
            Err(error) => warn!(%error, "a file beside the image is passed over"),
        }
    }
}

fn whole(name: &str, file: impl Read, limit: u64) -> Result<Vec<u8>, ScanError> {
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(ScanError::file(name))?;
    if bytes.len() as u64 > limit {
        return Err(ScanError::Malformed(format!("{name} has more than {limit} bytes")));
    }
    Ok(bytes)
}

/// Files for somebody who may cease to wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Awaited<'a> {
    files: &'a dyn Files,
    wanted: &'a Wanted,
}

impl<'a> Awaited<'a> {
    pub(super) fn new(files: &'a dyn Files, wanted: &'a Wanted) -> Self {
        Self { files, wanted }
    }

    pub(super) fn size(&self, name: &str) -> Option<u64> {
        self.files.size(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.files.has(name)
    }

    pub(super) fn open(&self, name: &str) -> Result<Box<dyn Read + Send>, ScanError> {
        self.files.open(name, self.wanted)
    }

    /// The whole of a small file.
    pub(super) fn small(&self, name: &str, limit: u64) -> Result<Vec<u8>, ScanError> {
        whole(name, self.open(name)?, limit)
    }

    /// The whole of each of these, as [`Files::each_small`] gives it.
    pub(super) fn each_small(
        &self,
        names: &[String],
        limit: u64,
        mut take: impl FnMut(usize, Vec<u8>),
    ) -> Result<(), ScanError> {
        self.files.each_small(names, limit, self.wanted, &mut take)
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

    fn open(&self, name: &str, wanted: &Wanted) -> Result<Box<dyn Read + Send>, ScanError> {
        let path = self.0.join(layer::normalise(name.as_bytes()).map_err(|_| missing(name))?);
        let file = open_regular(&path).map_err(ScanError::file(path.display().to_string()))?;
        Ok(Box::new(wanted.reader(file)))
    }
}

/// One file, whatever it is asked for.
#[derive(Debug)]
pub(super) struct Whole(pub(super) PathBuf);

impl Files for Whole {
    fn size(&self, _: &str) -> Option<u64> {
        self.0.metadata().ok().map(|found| found.len())
    }

    fn open(&self, _: &str, wanted: &Wanted) -> Result<Box<dyn Read + Send>, ScanError> {
        let file = open_regular(&self.0).map_err(ScanError::file(self.0.display().to_string()))?;
        Ok(Box::new(wanted.reader(file)))
    }
}

/// Where a file lies in an archive.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u64,
    size: u64,
}

/// Files in a tar archive, which may itself be compressed: each file that is not
/// kept is then reached by unpacking all that stands before it.
#[derive(Debug)]
pub(super) struct InArchive {
    path: PathBuf,
    compressed: bool,
    found: Found,
}

/// What the archive holds.
#[derive(Debug, Default)]
struct Found {
    places: BTreeMap<String, Place>,
    /// Small files of a compressed archive, by where they start.
    kept: BTreeMap<u64, Arc<[u8]>>,
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
        let keep = if compressed { KEPT_IN_ALL } else { 0 };
        let found = look_through(unpacked, &shown, limits, keep)?;
        Ok(found.map(|found| Self { path: path.to_owned(), compressed, found }))
    }
}

impl Files for InArchive {
    fn size(&self, name: &str) -> Option<u64> {
        self.found.places.get(name).map(|place| place.size)
    }

    fn open(&self, name: &str, wanted: &Wanted) -> Result<Box<dyn Read + Send>, ScanError> {
        let place = *self.found.places.get(name).ok_or_else(|| missing(name))?;
        if let Some(bytes) = self.found.kept.get(&place.start) {
            return Ok(Box::new(Cursor::new(Arc::clone(bytes))));
        }
        let opened = || -> io::Result<Box<dyn Read + Send>> {
            let mut file = open_regular(&self.path)?;
            if self.compressed {
                let mut unpacked = Decompressed::new(wanted.reader(file))?;
                io::copy(&mut unpacked.by_ref().take(place.start), &mut io::sink())?;
                return Ok(Box::new(unpacked.take(place.size)));
            }
            file.seek(SeekFrom::Start(place.start))?;
            Ok(Box::new(wanted.reader(file.take(place.size))))
        };
        opened().map_err(ScanError::file(self.path.display().to_string()))
    }

    /// In one pass where the archive is compressed.
    fn each_small(
        &self,
        names: &[String],
        limit: u64,
        wanted: &Wanted,
        take: &mut dyn FnMut(usize, Vec<u8>),
    ) -> Result<(), ScanError> {
        if !self.compressed {
            one_by_one(self, names, limit, wanted, take);
            return Ok(());
        }
        // One file may have several names.
        let mut asked: BTreeMap<u64, (u64, Vec<usize>)> = BTreeMap::new();
        for (at, name) in names.iter().enumerate() {
            let place = self.found.places.get(name).filter(|place| place.size <= limit);
            let Some(place) = place else { continue };
            match self.found.kept.get(&place.start) {
                Some(bytes) => take(at, bytes.to_vec()),
                None => asked.entry(place.start).or_insert((place.size, Vec::new())).1.push(at),
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        let mut pass = || -> io::Result<()> {
            let mut unpacked = Decompressed::new(wanted.reader(open_regular(&self.path)?))?;
            let mut position = 0;
            for (start, (size, asking)) in &asked {
                let between = start.saturating_sub(position);
                io::copy(&mut unpacked.by_ref().take(between), &mut io::sink())?;
                let mut bytes = Vec::new();
                unpacked.by_ref().take(*size).read_to_end(&mut bytes)?;
                position = start.saturating_add(*size);
                for at in asking {
                    take(*at, bytes.clone());
                }
            }
            Ok(())
        };
        pass().map_err(ScanError::file(self.path.display().to_string()))
    }
}

/// The files of an archive with their places, and small ones of `keep` bytes in all. Layers that
/// several images share are links: from the folder of a link on, and hard links from the root;
/// their target may stand before or after them. None where the files are those of a root file
/// system.
fn look_through(
    archive: impl Read,
    shown: &str,
    limits: &Limits,
    mut keep: u64,
) -> Result<Option<Found>, ScanError> {
    let damaged = |reason: &str| ScanError::Malformed(format!("{shown} is no archive: {reason}"));
    let failed = |error: TarError| match error {
        TarError::Read(error) => ScanError::file(shown)(error),
        TarError::Malformed(reason) => damaged(reason),
        TarError::Limit(limit) => damaged(&limit.to_string()),
    };
    let mut archive = TarStream::new(archive, ENTRIES, limits.extended_header_bytes);
    let Found { mut places, mut kept } = Found::default();
    let mut links: BTreeMap<String, String> = BTreeMap::new();
    while let Some(entry) = archive.next().map_err(failed)? {
        let Ok(name) = layer::normalise(&entry.path) else {
            return Err(damaged("it holds an entry that leaves it"));
        };
        if OF_ROOTS.contains(&name.as_str()) {
            return Ok(None);
        }
        if entry.kind.is_file() {
            let (start, size) = (archive.position(), entry.size);
            if entry.hollow == 0 && size <= KEPT.min(keep) {
                let mut bytes = Vec::new();
                let read = archive.content().read_to_end(&mut bytes);
                read.map_err(|error| failed(error.into()))?;
                keep -= size;
                kept.insert(start, bytes.into());
            }
            places.insert(name, Place { start, size });
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
    Ok(Some(Found { places, kept }))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append_data(&mut header, name, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn small_files_are_read_in_whatever_order_they_lie() {
        let plain = archive(&[("a", "first"), ("b", "too long for it"), ("c", ""), ("d", "last")]);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&plain).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("archive");
        let names = ["d", "b", "a", "none", "c", "a"].map(str::to_owned);
        for bytes in [plain, gzip.finish().unwrap()] {
            std::fs::write(&path, bytes).unwrap();
            let wanted = Wanted::always();
            let files = InArchive::at(&path, &Limits::default(), &wanted).unwrap().unwrap();
            let mut found = BTreeMap::new();
            Awaited::new(&files, &wanted)
                .each_small(&names, 10, |at, bytes| {
                    found.insert(at, String::from_utf8(bytes).unwrap());
                })
                .unwrap();
            let found: Vec<(usize, &str)> = found.iter().map(|(at, of)| (*at, &**of)).collect();
            assert_eq!(found, [(0, "last"), (2, "first"), (4, ""), (5, "first")]);
        }
    }

    #[test]
    fn small_files_of_a_compressed_archive_are_unpacked_once() {
        let long = "x".repeat(KEPT as usize + 1);
        let plain = archive(&[("index.json", "{}"), ("layer", long.as_str()), ("last", "")]);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&plain).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("archive");
        std::fs::write(&path, gzip.finish().unwrap()).unwrap();
        let wanted = Wanted::always();
        let files = InArchive::at(&path, &Limits::default(), &wanted).unwrap().unwrap();
        let awaited = Awaited::new(&files, &wanted);
        let layer = awaited.small("layer", 2 * KEPT).unwrap();
        assert_eq!(layer, long.as_bytes());
        std::fs::remove_file(&path).unwrap();
        assert_eq!(awaited.small("index.json", 10).unwrap(), b"{}");
        assert_eq!(awaited.small("last", 10).unwrap(), b"");
        assert!(awaited.open("layer").is_err());
    }
}
