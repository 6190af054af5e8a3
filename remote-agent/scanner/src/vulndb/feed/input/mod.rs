//! Files of feeds: plain, packed or in an archive, one document or many.
//!
//! Documents are streamed. What is held of one is a record at most.

mod bounded;
mod json;
mod xml;
mod zip;

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Sink;
use bounded::{Budget, Hashed};

pub(super) use json::{Piece, Shape, lines, read};
pub(super) use xml::{Element, Xml, XmlError};

/// Unpacked bytes of one file.
const FILE_BYTES: u64 = 16 << 30;
/// Bytes of one record.
const RECORD_BYTES: u64 = 64 << 20;
/// Memory of the decoder of xz, KiB: the largest preset needs 65 MiB.
const XZ_KIB: u32 = 256 << 10;
/// Folders below the one that was named.
const DEPTH: usize = 16;

/// A feed's file that cannot be read.
#[derive(Debug, Error)]
#[error("{}: {source}", path.display())]
pub struct InputError {
    path: PathBuf,
    source: io::Error,
}

impl InputError {
    pub(super) fn new(path: &Path, source: io::Error) -> Self {
        Self { path: path.to_owned(), source }
    }

    fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { path, source }
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.source.kind() == io::ErrorKind::Interrupted
    }
}

/// One document of a source, unpacked.
pub(super) struct Document<'a> {
    /// The name of the file, without the ending of its packing; in an archive
    /// the path of the member.
    pub(super) name: &'a str,
    pub(super) reader: &'a mut dyn BufRead,
    /// Refilled where a record begins.
    budget: Budget,
}

impl Document<'_> {
    /// The ending of the name in lower case.
    pub(super) fn ending(&self) -> String {
        ending(self.name)
    }
}

/// Which documents of a folder or an archive belong to a feed, by their name
/// without the ending of the packing.
pub(super) type Accepts = fn(&str) -> bool;

/// Documents in JSON.
pub(super) fn is_json(name: &str) -> bool {
    matches!(ending(name).as_str(), "json" | "jsonl" | "ndjson")
}

/// Documents of values with commas between.
pub(super) fn is_csv(name: &str) -> bool {
    ending(name) == "csv"
}

/// Documents in YAML.
pub(super) fn is_yaml(name: &str) -> bool {
    matches!(ending(name).as_str(), "yaml" | "yml")
}

/// Documents in XML.
pub(super) fn is_xml(name: &str) -> bool {
    ending(name) == "xml"
}

/// The files of a source in a fixed order: the file itself, or those below
/// the folder whose names fit.
pub(super) fn files(path: &Path, accepts: Accepts) -> Result<Vec<PathBuf>, InputError> {
    if !fs::metadata(path).map_err(InputError::at(path))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![(path.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(InputError::at(&folder))? {
            let entry = entry.map_err(InputError::at(&folder))?;
            let kind = entry.file_type().map_err(InputError::at(&folder))?;
            let path = entry.path();
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if kind.is_dir() && depth < DEPTH && !hidden {
                folders.push((path, depth + 1));
            } else if kind.is_file() && !hidden {
                let name = file_name(&path);
                let (inner, _) = packing(&name);
                if is_archive(&name) || accepts(inner) {
                    files.push(path);
                }
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Whether the name of a file is one that `accepts` takes.
pub(super) fn is_named(path: &Path, accepts: Accepts) -> bool {
    accepts(packing(&file_name(path)).0)
}

/// Whether a file may hold documents that `accepts` takes.
pub(super) fn holds(path: &Path, accepts: Accepts) -> bool {
    is_archive_at(path) || is_named(path, accepts)
}

/// Gives every document of the source to `each`.
pub(super) fn documents(
    path: &Path,
    accepts: Accepts,
    sink: &mut dyn Sink,
    each: &mut dyn FnMut(&mut dyn Sink, &mut Document<'_>) -> io::Result<()>,
) -> Result<(), InputError> {
    for file in files(path, accepts)? {
        one_file(&file, accepts, sink, each)?;
    }
    Ok(())
}

/// Gives every document of one file to `each`.
pub(super) fn one_file(
    path: &Path,
    accepts: Accepts,
    sink: &mut dyn Sink,
    each: &mut dyn FnMut(&mut dyn Sink, &mut Document<'_>) -> io::Result<()>,
) -> Result<(), InputError> {
    file_documents(path, accepts, sink, each).map_err(InputError::at(path))
}

/// Gives every document of one file to `each`: of an archive those whose
/// names fit, else the file itself, whatever its name.
fn file_documents(
    path: &Path,
    accepts: Accepts,
    sink: &mut dyn Sink,
    each: &mut dyn FnMut(&mut dyn Sink, &mut Document<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let name = file_name(path);
    if ending(&name) == "zip" {
        return zip::members(File::open(path)?, &mut |member, content| {
            let (inner, packed) = packing(member);
            if accepts(inner) {
                one(inner, unpacked(content, packed)?, sink, each)?;
            }
            Ok(())
        });
    }
    let (inner, packed) = packing(&name);
    let content = unpacked(Box::new(File::open(path)?), packed)?;
    if ending(inner) != "tar" {
        return one(inner, content, sink, each);
    }
    let mut archive = tar::Archive::new(content.take(FILE_BYTES));
    for entry in archive.entries()? {
        let entry = entry?;
        let member = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let (inner, packed) = packing(&member);
        if entry.header().entry_type().is_file() && accepts(inner) {
            one(inner, unpacked(Box::new(entry), packed)?, sink, each)?;
        }
    }
    Ok(())
}

/// Reads one document, and adds the digest of its content to the source's.
fn one(
    name: &str,
    content: Box<dyn Read + '_>,
    sink: &mut dyn Sink,
    each: &mut dyn FnMut(&mut dyn Sink, &mut Document<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let budget = Budget::new(RECORD_BYTES);
    let hashed = Hashed::new(content.take(FILE_BYTES), budget.clone());
    let mut reader = BufReader::with_capacity(256 << 10, hashed);
    each(sink, &mut Document { name, reader: &mut reader, budget: budget.clone() })?;
    // What the reader of the format did not ask for belongs to it as well.
    budget.lift();
    io::copy(&mut reader, &mut io::sink())?;
    sink.content(reader.into_inner().finish().as_ref());
    Ok(())
}

#[derive(Clone, Copy)]
enum Packing {
    None,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

/// A name without the ending that tells of a packing, and the packing.
fn packing(name: &str) -> (&str, Packing) {
    let lower = name.to_ascii_lowercase();
    for (end, with, packing) in [
        (".tgz", ".tar", Packing::Gzip),
        (".gz", "", Packing::Gzip),
        (".zst", "", Packing::Zstd),
        (".bz2", "", Packing::Bzip2),
        (".txz", ".tar", Packing::Xz),
        (".xz", "", Packing::Xz),
    ] {
        if let Some(stem) = lower.strip_suffix(end) {
            // `x.tgz` stays a name that ends in `tar`'s.
            let inner = if with.is_empty() { name.get(..stem.len()) } else { None };
            return (inner.unwrap_or("archive.tar"), packing);
        }
    }
    (name, Packing::None)
}

fn unpacked(content: Box<dyn Read + '_>, packing: Packing) -> io::Result<Box<dyn Read + '_>> {
    Ok(match packing {
        Packing::None => content,
        Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(content))),
        Packing::Zstd => Box::new(zstd::stream::read::Decoder::new(content)?),
        Packing::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(content)),
        Packing::Xz => {
            let content = BufReader::new(content);
            Box::new(lzma_rust2::XzReader::new_mem_limit(content, true, XZ_KIB))
        }
    })
}

/// Whether a file is an archive, by its name.
pub(super) fn is_archive_at(path: &Path) -> bool {
    is_archive(&file_name(path))
}

fn is_archive(name: &str) -> bool {
    ending(name) == "zip" || ending(packing(name).0) == "tar"
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The name's ending in lower case.
fn ending(name: &str) -> String {
    Path::new(name).extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

#[cfg(test)]
mod tests;
