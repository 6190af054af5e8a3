//! Files of feeds: plain, packed or in an archive, one document or many.
//!
//! Documents are streamed. What is held of one is a record at most.

mod bounded;
mod csv;
mod json;
mod xml;
mod zip;

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Sink;
use bounded::{Budget, Hashed};

pub(super) use csv::rows;
pub(super) use json::{Piece, Shape, document, lines, read};
pub(super) use xml::{Element, Xml, XmlError};

/// Unpacked bytes of one document.
const FILE_BYTES: u64 = 16 << 30;
/// Unpacked bytes of one archive: Red Hat packs all its VEX into one, with some
/// hundred thousand documents.
const ARCHIVE_BYTES: u64 = 256 << 30;
/// Bytes of one record: what is in most products has a document of VEX that
/// names them all.
const RECORD_BYTES: u64 = 256 << 20;
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
                let inner = without_packing(&name);
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
    accepts(without_packing(&file_name(path)))
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
            let inner = without_packing(member);
            if accepts(inner) {
                one(inner, unpacked(content)?, sink, each)?;
            }
            Ok(())
        });
    }
    let inner = without_packing(&name);
    let content = unpacked(Box::new(File::open(path)?))?;
    if ending(inner) != "tar" {
        return one(inner, content, sink, each);
    }
    let mut archive = tar::Archive::new(content.take(ARCHIVE_BYTES));
    for entry in archive.entries()? {
        let entry = entry?;
        let member = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let inner = without_packing(&member);
        if entry.header().entry_type().is_file() && accepts(inner) {
            one(inner, unpacked(Box::new(entry))?, sink, each)?;
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

/// A name without the ending that tells of a packing.
fn without_packing(name: &str) -> &str {
    match ending(name).as_str() {
        // `x.tgz` stays a name that ends in `tar`'s.
        "tgz" | "txz" | "tbz" | "tbz2" | "tzst" => "archive.tar",
        packed @ ("gz" | "zst" | "bz2" | "xz") => {
            name.get(..name.len() - packed.len() - 1).unwrap_or(name)
        }
        _ => name,
    }
}

/// Bytes that a content begins with in one piece: enough to tell its packing, and
/// for who reads a document to tell its form.
const BEGINNING: u64 = 64;

/// The content without its packing, which its first bytes tell: servers pack
/// and unpack what they send whatever its name is.
fn unpacked(content: Box<dyn Read + '_>) -> io::Result<Box<dyn Read + '_>> {
    let mut content = BufReader::new(content);
    let mut magic = Vec::new();
    content.by_ref().take(BEGINNING).read_to_end(&mut magic)?;
    let is = |start: &[u8]| magic.starts_with(start);
    let packing = [is(b"\x1f\x8b"), is(b"\x28\xb5\x2f\xfd"), is(b"BZh"), is(b"\xfd7zXZ\0")];
    let content = io::Cursor::new(magic).chain(content);
    Ok(match packing {
        [true, ..] => Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(content))),
        [_, true, ..] => Box::new(zstd::stream::read::Decoder::new(content)?),
        [.., true, _] => Box::new(bzip2::read::MultiBzDecoder::new(content)),
        [.., true] => {
            Box::new(lzma_rust2::XzReader::new_mem_limit(BufReader::new(content), true, XZ_KIB))
        }
        _ => Box::new(content),
    })
}

/// Whether a file is an archive, by its name.
pub(super) fn is_archive_at(path: &Path) -> bool {
    is_archive(&file_name(path))
}

fn is_archive(name: &str) -> bool {
    ending(name) == "zip" || ending(without_packing(name)) == "tar"
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
