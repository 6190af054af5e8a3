//! Files of feeds: plain or packed, a document or one a line.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Sink;

/// Unpacked bytes of one file.
const FILE_BYTES: u64 = 4 << 30;
/// Bytes of one record.
const RECORD_BYTES: u64 = 64 << 20;

/// A feed's file that cannot be read.
#[derive(Debug, Error)]
#[error("{}: {source}", path.display())]
pub struct InputError {
    path: PathBuf,
    source: io::Error,
}

impl InputError {
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { path, source }
    }
}

/// The files of a source in a fixed order: the file itself, or those below
/// the folder whose names fit.
pub(super) fn files(path: &Path) -> Result<Vec<PathBuf>, InputError> {
    if !fs::metadata(path).map_err(InputError::at(path))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(InputError::at(&folder))? {
            let entry = entry.map_err(InputError::at(&folder))?;
            let kind = entry.file_type().map_err(InputError::at(&folder))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && is_json(&entry.path()) {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The name's ending in lower case.
fn ending(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// The ending that tells the content, where the name has one for the packing.
fn inner_ending(path: &Path) -> String {
    match ending(path).as_str() {
        "gz" | "zst" => ending(Path::new(path.file_stem().unwrap_or_default())),
        plain => plain.to_owned(),
    }
}

fn is_json(path: &Path) -> bool {
    matches!(inner_ending(path).as_str(), "json" | "jsonl")
}

/// Gives each document of the file to `each`: the whole of it, or every line
/// where the name says so.
pub(super) fn documents(
    path: &Path,
    sink: &mut dyn Sink,
    mut each: impl FnMut(&mut dyn Sink, &str, &[u8]),
) -> Result<(), InputError> {
    let file = File::open(path).map_err(InputError::at(path))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let unpacked: Box<dyn Read> = if ending(path) == "gz" {
        Box::new(flate2::read::MultiGzDecoder::new(file))
    } else if ending(path) == "zst" {
        Box::new(zstd::stream::read::Decoder::new(file).map_err(InputError::at(path))?)
    } else {
        Box::new(file)
    };
    let mut reader = BufReader::with_capacity(256 << 10, unpacked.take(FILE_BYTES));
    if inner_ending(path) != "jsonl" {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(InputError::at(path))?;
        sink.content(&bytes);
        each(sink, &name, &bytes);
        return Ok(());
    }
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let read = reader
            .by_ref()
            .take(RECORD_BYTES)
            .read_until(b'\n', &mut line)
            .map_err(InputError::at(path))?;
        if read == 0 {
            break;
        }
        sink.content(&line);
        if !line.trim_ascii().is_empty() {
            each(sink, &format!("{name}:{number}"), &line);
        }
    }
    Ok(())
}
