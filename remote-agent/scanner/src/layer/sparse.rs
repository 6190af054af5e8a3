//! Files that are stored without their holes, in the forms that tar knows: the
//! map of what is there stands in the header (the old form of GNU), among the
//! extended records (0.0 and 0.1 of PAX), or before the content (1.0).

use std::collections::VecDeque;
use std::io::{self, Read};

use tar::{GnuExtSparseHeader, GnuSparseHeader, Header};

/// Parts of one file: a map of more is no honest one.
const PARTS: usize = 100_000;
/// Bytes of a number in a map that stands before the content.
const DIGITS: usize = 20;

/// A map that is none.
#[derive(Debug)]
pub(super) struct BadMap;

/// The parts of a file that are stored, in order.
#[derive(Debug, Default)]
pub(super) struct Map {
    parts: VecDeque<Part>,
    /// Bytes of the file with its holes.
    size: u64,
    /// Bytes of the file that were read.
    position: u64,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    offset: u64,
    length: u64,
}

impl Map {
    fn new(size: u64) -> Self {
        Self { size, ..Self::default() }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Bytes of the holes.
    pub(super) fn hollow(&self) -> u64 {
        self.size - self.parts.iter().map(|part| part.length).sum::<u64>()
    }

    fn add(&mut self, offset: u64, length: u64) -> Result<(), BadMap> {
        let end = offset.checked_add(length).filter(|end| *end <= self.size).ok_or(BadMap)?;
        let before = self.parts.back().map_or(0, |last| last.offset + last.length);
        if offset < before || self.parts.len() >= PARTS {
            return Err(BadMap);
        }
        // A part of no bytes marks the end.
        if end > offset {
            self.parts.push_back(Part { offset, length });
        }
        Ok(())
    }

    /// The map of the old form, as far as it stands in the header.
    pub(super) fn of_header(header: &Header) -> Result<Self, BadMap> {
        let header = header.as_gnu().ok_or(BadMap)?;
        let mut map = Self::new(header.real_size().map_err(|_| BadMap)?);
        map.add_all(&header.sparse)?;
        Ok(map)
    }

    /// Adds what stands in a block that continues the header.
    pub(super) fn add_block(&mut self, block: &GnuExtSparseHeader) -> Result<(), BadMap> {
        self.add_all(block.sparse())
    }

    fn add_all(&mut self, parts: &[GnuSparseHeader]) -> Result<(), BadMap> {
        for part in parts.iter().filter(|part| !part.is_empty()) {
            let (offset, length) = (part.offset(), part.length());
            self.add(offset.map_err(|_| BadMap)?, length.map_err(|_| BadMap)?)?;
        }
        Ok(())
    }

    /// Reads bytes of the file, of which `stored` gives what is there.
    pub(super) fn read(&mut self, stored: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
        while self.parts.front().is_some_and(|part| part.offset + part.length <= self.position) {
            self.parts.pop_front();
        }
        let (end, is_there) = match self.parts.front() {
            Some(part) if part.offset > self.position => (part.offset, false),
            Some(part) => (part.offset + part.length, true),
            None => (self.size, false),
        };
        let most = usize::try_from(end - self.position).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        let buffer = buffer.get_mut(..most).unwrap_or_default();
        let read = if is_there {
            stored.read(buffer)?
        } else {
            buffer.fill(0);
            buffer.len()
        };
        self.position += read as u64;
        Ok(read)
    }
}

/// What extended records tell of a sparse file.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// Whether the map stands before the content.
    before: bool,
    /// The path; the entry's own is made up.
    pub(super) path: Option<Vec<u8>>,
    size: Option<u64>,
    /// Offsets and lengths in turn.
    numbers: Vec<u64>,
}

impl Records {
    /// Takes a record, if it is one of these.
    pub(super) fn add(&mut self, key: &[u8], value: &[u8]) -> Result<(), BadMap> {
        match key {
            b"GNU.sparse.major" => self.before = value == b"1",
            b"GNU.sparse.name" => self.path = Some(value.to_vec()),
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => self.size = Some(number(value)?),
            b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => self.push(number(value)?)?,
            b"GNU.sparse.map" => {
                for part in value.split(|byte| *byte == b',').filter(|part| !part.is_empty()) {
                    self.push(number(part)?)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, number: u64) -> Result<(), BadMap> {
        if self.numbers.len() >= 2 * PARTS {
            return Err(BadMap);
        }
        self.numbers.push(number);
        Ok(())
    }

    /// The map, whose numbers may stand in `stored`; with it the bytes that
    /// were read there. None for a file without holes.
    pub(super) fn map(mut self, stored: &mut dyn Read) -> Result<Option<(Map, u64)>, MapError> {
        let Some(size) = self.size else { return Ok(None) };
        let mut read = 0;
        if self.before {
            let count = line(stored, &mut read)?;
            for _ in 0..count.saturating_mul(2) {
                let number = line(stored, &mut read)?;
                self.push(number)?;
            }
        }
        let mut map = Map::new(size);
        for pair in self.numbers.chunks(2) {
            let [offset, length] = *pair else { return Err(BadMap.into()) };
            map.add(offset, length)?;
        }
        Ok(Some((map, read)))
    }
}

/// Why a map before the content cannot be had.
#[derive(Debug)]
pub(super) enum MapError {
    Read(io::Error),
    Bad,
}

impl From<BadMap> for MapError {
    fn from(_: BadMap) -> Self {
        Self::Bad
    }
}

fn number(text: &[u8]) -> Result<u64, BadMap> {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(BadMap)
}

/// A number on a line of its own.
fn line(stored: &mut dyn Read, read: &mut u64) -> Result<u64, MapError> {
    let mut digits = Vec::with_capacity(DIGITS);
    loop {
        let mut byte = [0];
        stored.read_exact(&mut byte).map_err(MapError::Read)?;
        *read += 1;
        match byte {
            [b'\n'] => return Ok(number(&digits)?),
            [byte] if digits.len() < DIGITS => digits.push(byte),
            _ => return Err(MapError::Bad),
        }
    }
}
