//! `Packages`: a hash table of Berkeley DB, from a number to a header.
//!
//! Pages hold pairs of items, growing down from the end of the page; their
//! places stand at its beginning. A header that does not fit lies in a chain
//! of overflow pages. Numbers have the order of the machine that wrote them.
//!
//! ```text
//! page: log: u64, number: u32, previous: u32, next: u32, entries: u16,
//!       free: u16, level: u8, type: u8, places: entries × u16
//! ```

use super::bytes::{Budget, Visited, array, part};
use crate::inspect::Problem;

/// At byte 12 of the first page of a hash table.
const MAGIC: u32 = 0x0006_1561;
/// Bytes before the places of a page, and before the data of an overflow page.
const HEAD: usize = 26;

// Types of pages.
const HASH_UNSORTED: u8 = 2;
const OVERFLOW: u8 = 7;
const HASH_META: u8 = 8;
const HASH: u8 = 13;

// Types of items.
const INLINE: u8 = 1;
const OFF_PAGE: u8 = 3;

pub(super) fn is(file: &[u8]) -> bool {
    Order::of(file).is_some()
}

/// Calls `each` with every header.
pub(super) fn headers(file: &[u8], each: &mut dyn FnMut(&[u8])) -> Result<(), Problem> {
    let damaged = || Problem::new("is a damaged database");
    let order = Order::of(file).ok_or_else(damaged)?;
    let page = order.four(file, 20).ok_or_else(damaged)?;
    if !(512..=65536).contains(&page) || !page.is_power_of_two() || file.get(25) != Some(&HASH_META)
    {
        return Err(damaged());
    }
    // A cipher, or checksums, whose place other things would then have.
    if array::<1>(file, 24) != Some([0]) || file.get(26).is_none_or(|flags| flags & 1 != 0) {
        return Err(Problem::new("is an encrypted database"));
    }
    let mut table = Table {
        file,
        order,
        page,
        visited: Visited::of(file.len() / page + 1),
        budget: Budget::of(file),
    };
    let mut whole = file.len().is_multiple_of(page);
    let mut blob = Vec::new();
    for number in 1..file.len() / page {
        let Some(page) = table.at(number) else { continue };
        if !matches!(page.get(25), Some(&(HASH | HASH_UNSORTED))) {
            continue;
        }
        let entries = table.order.two(page, 20).unwrap_or(0);
        for key in (0..entries).step_by(2) {
            match table.pair(page, key, &mut blob) {
                Some(true) => each(&blob),
                Some(false) => {}
                None => whole = false,
            }
        }
    }
    if whole { Ok(()) } else { Err(damaged()) }
}

/// How numbers are written.
#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn of(file: &[u8]) -> Option<Self> {
        let magic = array(file, 12)?;
        if u32::from_le_bytes(magic) == MAGIC {
            return Some(Self::Little);
        }
        (u32::from_be_bytes(magic) == MAGIC).then_some(Self::Big)
    }

    fn two(self, bytes: &[u8], at: usize) -> Option<usize> {
        let two = array(bytes, at)?;
        Some(usize::from(match self {
            Self::Little => u16::from_le_bytes(two),
            Self::Big => u16::from_be_bytes(two),
        }))
    }

    fn four(self, bytes: &[u8], at: usize) -> Option<usize> {
        let four = array(bytes, at)?;
        Some(match self {
            Self::Little => u32::from_le_bytes(four),
            Self::Big => u32::from_be_bytes(four),
        } as usize)
    }
}

struct Table<'a> {
    file: &'a [u8],
    order: Order,
    page: usize,
    /// Overflow pages.
    visited: Visited,
    budget: Budget,
}

impl<'a> Table<'a> {
    fn at(&self, number: usize) -> Option<&'a [u8]> {
        part(self.file, number.checked_mul(self.page)?, self.page)
    }

    /// Puts the value of the pair whose key is item `key` into `blob`; false
    /// where it is no header but the number of the last one.
    fn pair(&mut self, page: &'a [u8], key: usize, blob: &mut Vec<u8>) -> Option<bool> {
        blob.clear();
        let number = self.item(page, key)?;
        let value = self.item(page, key + 1)?;
        let (kind, data) = value.split_first()?;
        if number == [INLINE, 0, 0, 0, 0] {
            return Some(false);
        }
        match *kind {
            INLINE => {
                self.budget.take(data.len() + 1)?;
                blob.extend_from_slice(data);
            }
            OFF_PAGE => {
                let length = self.order.four(value, 8)?;
                self.budget.take(length.max(1))?;
                self.chain(self.order.four(value, 4)?, length, blob)?;
            }
            _ => return None,
        }
        Some(true)
    }

    /// The item `at` of a page, with its type: it reaches to where the one
    /// before it begins.
    fn item(&self, page: &'a [u8], at: usize) -> Option<&'a [u8]> {
        let place = |at: usize| self.order.two(page, HEAD + at * 2);
        let end = match at.checked_sub(1) {
            Some(before) => place(before)?,
            None => self.page,
        };
        page.get(place(at)?..end)
    }

    /// Reads `length` bytes from overflow pages.
    fn chain(&mut self, first: usize, length: usize, blob: &mut Vec<u8>) -> Option<()> {
        let mut next = first;
        while blob.len() < length {
            self.visited.enter(next).then_some(())?;
            let page = self.at(next).filter(|page| page.get(25) == Some(&OVERFLOW))?;
            // What is elsewhere the place of free bytes is here their number.
            let held = self.order.two(page, 22)?;
            if held == 0 || blob.len() + held > length {
                return None;
            }
            blob.extend_from_slice(part(page, HEAD, held)?);
            next = self.order.four(page, 16)?;
        }
        Some(())
    }
}

#[cfg(test)]
pub(super) mod fixture {
    use super::{HASH, HASH_META, HASH_UNSORTED, HEAD, INLINE, MAGIC, OFF_PAGE, OVERFLOW};

    /// A table as a machine of this order would write it, with the pair that
    /// holds the last number.
    pub(in super::super) fn database(headers: &[Vec<u8>], page: usize, big: bool) -> Vec<u8> {
        let two = |number: usize| {
            let number = number as u16;
            if big { number.to_be_bytes() } else { number.to_le_bytes() }
        };
        let four = |number: usize| {
            let number = number as u32;
            if big { number.to_be_bytes() } else { number.to_le_bytes() }
        };
        let blank = |number: usize, kind: u8| {
            let mut blank = vec![0; page];
            blank[8..12].copy_from_slice(&four(number));
            blank[25] = kind;
            blank
        };
        let mut meta = blank(0, HASH_META);
        meta[12..16].copy_from_slice(&four(MAGIC as usize));
        meta[16..20].copy_from_slice(&four(9));
        meta[20..24].copy_from_slice(&four(page));
        let mut pages = vec![meta];
        let pairs = std::iter::once((0, four(headers.len()).to_vec()))
            .chain(headers.iter().enumerate().map(|(at, header)| (at + 1, header.clone())));
        // One pair a page, of either type of page.
        for (key, value) in pairs {
            let kind = if key % 2 == 0 { HASH } else { HASH_UNSORTED };
            let at = pages.len();
            let mut holder = blank(at, kind);
            let item = if value.len() < page / 4 {
                [&[INLINE][..], &value].concat()
            } else {
                let first = (at + 1).to_owned();
                [&[OFF_PAGE, 0, 0, 0][..], &four(first), &four(value.len())].concat()
            };
            let key = [&[INLINE][..], &four(key)].concat();
            let key_at = page - key.len();
            let item_at = key_at - item.len();
            holder[key_at..].copy_from_slice(&key);
            holder[item_at..key_at].copy_from_slice(&item);
            holder[20..22].copy_from_slice(&two(2));
            holder[HEAD..HEAD + 2].copy_from_slice(&two(key_at));
            holder[HEAD + 2..HEAD + 4].copy_from_slice(&two(item_at));
            pages.push(holder);
            if item[0] == OFF_PAGE {
                let parts: Vec<_> = value.chunks(page - HEAD).collect();
                for (nth, part) in parts.iter().enumerate() {
                    let at = pages.len();
                    let mut overflow = blank(at, OVERFLOW);
                    let next = if nth + 1 < parts.len() { at + 1 } else { 0 };
                    overflow[16..20].copy_from_slice(&four(next));
                    overflow[22..24].copy_from_slice(&two(part.len()));
                    overflow[HEAD..HEAD + part.len()].copy_from_slice(part);
                    pages.push(overflow);
                }
            }
        }
        let last = four(pages.len() - 1);
        pages[0][32..36].copy_from_slice(&last);
        pages.concat()
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
    fn every_header_is_found_whatever_machine_wrote() {
        let all: Vec<_> = (0..60).map(|n| plain(&format!("p{n}"), "1", n * 20)).collect();
        for page in [512, 4096, 65536 / 2] {
            for big in [false, true] {
                let (headers, result) = found(&fixture::database(&all, page, big));
                assert_eq!((headers, result), (all.clone(), Ok(())), "{page} {big}");
            }
        }
    }

    #[test]
    fn a_chain_that_leads_in_a_circle_costs_one_package() {
        let all = [plain("a", "1", 600), plain("b", "1", 2)];
        let mut file = fixture::database(&all, 512, false);
        // Meta, number, holder, then the chain: its second page leads back.
        let second = 4 * 512;
        assert_eq!(file[second + 25], OVERFLOW);
        file[second + 16] = 3;
        let (headers, result) = found(&file);
        assert_eq!(headers, all[1..]);
        result.unwrap_err();
    }

    #[test]
    fn encryption_is_told() {
        let mut file = fixture::database(&[plain("a", "1", 1)], 4096, false);
        file[24] = 1;
        assert_eq!(found(&file).1, Err(Problem::new("is an encrypted database")));
    }
}
