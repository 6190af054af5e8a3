//! `Packages.db`: a table of slots, then blobs in blocks of 16 bytes. All
//! numbers are little-endian.
//!
//! ```text
//! "RpmP", version: u32, generation: u32, pages of slots: u32, next index: u32, …
//! slot: "Slot", index: u32, block: u32, blocks: u32; block 0: free
//! blob: "BlbS", index: u32, generation: u32, length: u32, header, …
//! ```

use super::bytes::{Budget, le32, part};
use crate::inspect::Problem;

const MAGIC: &[u8] = b"RpmP";
const SLOT: &[u8] = b"Slot";
const BLOB: &[u8] = b"BlbS";
const PAGE: usize = 4096;
/// Bytes of a slot, of a block, and of what stands before a header.
const UNIT: usize = 16;
/// Slots whose place the beginning of the file takes.
const BEGIN: usize = 2;

pub(super) fn is(file: &[u8]) -> bool {
    file.starts_with(MAGIC)
}

/// Calls `each` with every header.
pub(super) fn headers(file: &[u8], each: &mut dyn FnMut(&[u8])) -> Result<(), Problem> {
    let damaged = || Problem::new("is a damaged database");
    if le32(file, 4) != Some(0) {
        return Err(Problem::new("is a database of an unknown version"));
    }
    let slots = le32(file, 12)
        .and_then(|pages| part(file, 0, pages.checked_mul(PAGE)?))
        .ok_or_else(damaged)?;
    let mut budget = Budget::of(file);
    let mut missing = false;
    for slot in slots.chunks_exact(UNIT).skip(BEGIN) {
        if !slot.starts_with(SLOT) {
            missing = true;
            continue;
        }
        if le32(slot, 8) == Some(0) {
            continue;
        }
        match blob(file, slot) {
            Some(header) => {
                budget.take(header.len() + UNIT).ok_or_else(damaged)?;
                each(header);
            }
            None => missing = true,
        }
    }
    if missing { Err(damaged()) } else { Ok(()) }
}

/// The header to which `slot` points.
fn blob<'a>(file: &'a [u8], slot: &[u8]) -> Option<&'a [u8]> {
    let blocks = le32(slot, 12)?.checked_mul(UNIT)?;
    let place = part(file, le32(slot, 8)?.checked_mul(UNIT)?, blocks)?;
    if !place.starts_with(BLOB) || le32(place, 4)? != le32(slot, 4)? {
        return None;
    }
    part(place, UNIT, le32(place, 12)?)
}

#[cfg(test)]
pub(super) mod fixture {
    use super::{BEGIN, BLOB, MAGIC, PAGE, SLOT, UNIT};

    /// Bytes behind a blob: checksum, length, "BlbE".
    const TAIL: usize = 12;

    /// Adler-32, as RFC 1950 has it.
    fn checksum(bytes: &[u8]) -> u32 {
        let (mut a, mut b) = (1u32, 0u32);
        for byte in bytes {
            a = (a + u32::from(*byte)) % 65521;
            b = (b + a) % 65521;
        }
        b << 16 | a
    }

    /// A database with these headers, and a free slot between any two.
    pub(in super::super) fn database(headers: &[Vec<u8>]) -> Vec<u8> {
        let slots = BEGIN + headers.len() * 2;
        let pages = (slots * UNIT).div_ceil(PAGE);
        let mut table = Vec::new();
        let mut blobs = Vec::new();
        let word = |number: usize| (number as u32).to_le_bytes();
        table.extend(MAGIC);
        for number in [0, 1, pages, headers.len() + 1, 0, 0, 0] {
            table.extend(word(number));
        }
        for (at, header) in headers.iter().enumerate() {
            let index = at + 1;
            let blocks = (UNIT + header.len() + TAIL).div_ceil(UNIT);
            table.extend(SLOT);
            for number in [index, (pages * PAGE + blobs.len()) / UNIT, blocks] {
                table.extend(word(number));
            }
            table.extend(SLOT);
            table.extend([0; 12]);
            let begin = blobs.len();
            blobs.extend(BLOB);
            for number in [index, 1, header.len()] {
                blobs.extend(word(number));
            }
            blobs.extend(header);
            blobs.resize(begin + blocks * UNIT - TAIL, 0);
            let sum = checksum(&blobs[begin..]);
            blobs.extend(sum.to_le_bytes());
            blobs.extend(word(header.len()));
            blobs.extend(b"BlbE");
        }
        while table.len() < pages * PAGE {
            table.extend(SLOT);
            table.extend([0; 12]);
        }
        table.extend(blobs);
        table
    }
}

#[cfg(test)]
mod tests {
    use super::super::header::fixture::plain;
    use super::*;

    fn found(file: &[u8]) -> (Vec<Vec<u8>>, Result<(), Problem>) {
        let mut found = Vec::new();
        let result = headers(file, &mut |header| found.push(header.to_vec()));
        (found, result)
    }

    #[test]
    fn every_header_is_found() {
        let all: Vec<_> = (0..300).map(|n| plain(&format!("p{n}"), "1", n % 40)).collect();
        let (headers, result) = found(&fixture::database(&all));
        assert_eq!((headers, result), (all, Ok(())));
    }

    #[test]
    fn a_damaged_blob_costs_one_package() {
        let all: Vec<_> = (0..3).map(|n| plain(&format!("p{n}"), "1", 3)).collect();
        let mut file = fixture::database(&all);
        // The first blob says that it is another's.
        file[PAGE + 4] = 9;
        let (headers, result) = found(&file);
        assert_eq!(headers, all[1..]);
        assert_eq!(result, Err(Problem::new("is a damaged database")));
    }

    #[test]
    fn slots_that_all_lead_to_one_blob() {
        let mut file = fixture::database(&[plain("p", "1", 500)]);
        let slot = file[32..48].to_vec();
        for at in (48..PAGE).step_by(UNIT) {
            file[at..at + UNIT].copy_from_slice(&slot);
        }
        let (headers, result) = found(&file);
        result.unwrap_err();
        assert_eq!(headers.len(), 1);
    }
}
