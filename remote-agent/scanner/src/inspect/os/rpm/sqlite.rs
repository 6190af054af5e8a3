//! `rpmdb.sqlite`: the table `Packages` of an SQLite database, whose rows are
//! a number and a header.
//!
//! Tables are trees of pages: inner ones lead to others, leaves hold rows. A
//! row that does not fit goes on in a chain of pages of its own. All numbers
//! are big-endian.

use std::borrow::Cow;

use super::bytes::{Budget, Visited, array, be16, be32, part};
use crate::inspect::Problem;

const MAGIC: &[u8] = b"SQLite format 3\0";
/// Bytes at the beginning of the first page that are no page.
const BEGIN: usize = 100;
const INNER: u8 = 5;
const LEAF: u8 = 13;
/// Pages on the way from the root to a leaf; six hold any real table.
const DEPTH: usize = 20;

pub(super) fn is(file: &[u8]) -> bool {
    file.starts_with(MAGIC)
}

/// Calls `each` with every header.
pub(super) fn headers(file: &[u8], each: &mut dyn FnMut(&[u8])) -> Result<(), Problem> {
    let damaged = || Problem::new("is a damaged database");
    let mut database = Database::open(file).ok_or_else(damaged)?;
    let mut root = None;
    let whole = database.rows(1, &mut |row| {
        let mut columns = Columns::of(row);
        // Kind, name, table, first page.
        let (kind, name) = (columns.next(), columns.next());
        if kind == Some(b"table") && name == Some(b"Packages") {
            root = columns.nth(1).and_then(number);
        }
    });
    let root = root.ok_or_else(|| Problem::new("is a database without packages"))?;
    let rows = database.rows(root, &mut |row| {
        // The number of a row stands beside it and not in it.
        if let Some(header) = Columns::of(row).nth(1).filter(|header| !header.is_empty()) {
            each(header);
        }
    });
    if whole && rows { Ok(()) } else { Err(damaged()) }
}

/// Whether `log`, the file beside a database into which changes go first,
/// holds any that count: those that carry the numbers of its beginning.
pub(super) fn has_changes(log: &[u8]) -> bool {
    const MAGICS: [usize; 2] = [0x377f_0682, 0x377f_0683];
    const FIRST: usize = 32;
    let salt = array::<8>(log, 16);
    be32(log, 0).is_some_and(|magic| MAGICS.contains(&magic))
        && salt.is_some()
        && array::<8>(log, FIRST + 8) == salt
}

struct Database<'a> {
    file: &'a [u8],
    page: usize,
    /// Bytes of a page that hold something.
    usable: usize,
    visited: Visited,
    budget: Budget,
}

impl<'a> Database<'a> {
    fn open(file: &'a [u8]) -> Option<Self> {
        let page = match be16(file, 16)? {
            1 => 65536,
            size => size,
        };
        let reserved = usize::from(*file.get(20)?);
        let utf8 = be32(file, 56)? <= 1;
        if page < 512 || !page.is_power_of_two() || page - reserved < 480 || !utf8 {
            return None;
        }
        Some(Self {
            file,
            page,
            usable: page - reserved,
            visited: Visited::of(file.len() / page + 1),
            budget: Budget::of(file),
        })
    }

    /// The page `number`, counted from 1; none when it was read before.
    fn enter(&mut self, number: usize) -> Option<&'a [u8]> {
        let at = number.checked_sub(1)?;
        self.visited.enter(number).then_some(())?;
        part(self.file, at.checked_mul(self.page)?, self.page)
    }

    /// Calls `each` with the rows of the table whose tree begins at `root`.
    /// False when parts of it are damaged.
    fn rows(&mut self, root: usize, each: &mut dyn FnMut(&[u8])) -> bool {
        let mut whole = true;
        let mut todo = vec![(root, 0)];
        while let Some((number, depth)) = todo.pop() {
            let Some(page) = self.enter(number).filter(|_| depth < DEPTH) else {
                whole = false;
                continue;
            };
            // All places in the first page count from its very beginning.
            let head = if number == 1 { BEGIN } else { 0 };
            let cells = be16(page, head + 3).unwrap_or(0);
            let places = |first: usize| (0..cells).map(move |cell| be16(page, first + cell * 2));
            match page.get(head) {
                Some(&INNER) => {
                    let children = places(head + 12)
                        .map(|place| be32(page, place?))
                        .chain([be32(page, head + 8)]);
                    let begin = todo.len();
                    for child in children {
                        match child {
                            Some(child) => todo.push((child, depth + 1)),
                            None => whole = false,
                        }
                    }
                    // In the order of the rows.
                    if let Some(added) = todo.get_mut(begin..) {
                        added.reverse();
                    }
                }
                Some(&LEAF) => {
                    for place in places(head + 8) {
                        match place.and_then(|place| self.row(page, place)) {
                            Some(row) => each(&row),
                            None => whole = false,
                        }
                    }
                }
                _ => whole = false,
            }
        }
        whole
    }

    /// The row at `place` of `page`, with what lies in further pages.
    fn row(&mut self, page: &'a [u8], place: usize) -> Option<Cow<'a, [u8]>> {
        let (length, after) = varint(page, place)?;
        let (_, begin) = varint(page, after)?;
        let length = usize::try_from(length).ok()?;
        self.budget.take(length.max(1))?;
        // How much of a row stays in the tree is laid down by the format.
        let most = self.usable - 35;
        if length <= most {
            return part(page, begin, length).map(Cow::Borrowed);
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let even = least + (length - least) % (self.usable - 4);
        let here = if even <= most { even } else { least };
        let mut row = Vec::with_capacity(length);
        row.extend_from_slice(part(page, begin, here)?);
        let mut next = be32(page, begin + here)?;
        while row.len() < length {
            let page = self.enter(next)?;
            next = be32(page, 0)?;
            row.extend_from_slice(part(page, 4, (self.usable - 4).min(length - row.len()))?);
        }
        Some(Cow::Owned(row))
    }
}

/// The values of a row, without their types: texts, blobs and numbers.
struct Columns<'a> {
    types: &'a [u8],
    values: &'a [u8],
}

impl<'a> Columns<'a> {
    fn of(row: &'a [u8]) -> Self {
        let split = || {
            let (length, begin) = varint(row, 0)?;
            let (head, values) = row.split_at_checked(usize::try_from(length).ok()?)?;
            Some(Self { types: head.get(begin..)?, values })
        };
        split().unwrap_or(Self { types: &[], values: &[] })
    }
}

impl<'a> Iterator for Columns<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (kind, after) = varint(self.types, 0)?;
        self.types = self.types.get(after..)?;
        let length = match kind {
            kind @ 1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            0 | 8..=11 => 0,
            kind => (kind - 12) / 2,
        };
        let (value, rest) = self.values.split_at_checked(usize::try_from(length).ok()?)?;
        self.values = rest;
        Some(value)
    }
}

/// A positive number.
fn number(value: &[u8]) -> Option<usize> {
    if value.is_empty() || value.len() > 4 {
        return None;
    }
    Some(value.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

/// A number of up to nine bytes: seven bits each, the first of eight says
/// that another follows. With the place behind it.
fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0;
    for (count, byte) in bytes.get(at..)?.iter().take(9).enumerate() {
        if count == 8 {
            return Some((value << 8 | u64::from(*byte), at + 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, at + count + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_many_bytes() {
        for (bytes, expected) in [
            (&[0x7f][..], Some((0x7f, 1))),
            (&[0x81, 0x00], Some((0x80, 2))),
            (&[0xff; 9], Some((u64::MAX, 9))),
            (&[0x80], None),
            (&[], None),
        ] {
            assert_eq!(varint(bytes, 0), expected, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_database() {
        let refused = |file: &[u8]| headers(file, &mut |_| panic!("found a row")).unwrap_err();
        refused(MAGIC);
        let mut file = vec![0; 4096];
        file[..MAGIC.len()].copy_from_slice(MAGIC);
        file[16] = 16;
        assert_eq!(refused(&file), Problem::new("is a database without packages"));
        // A tree whose root leads to itself.
        file[BEGIN] = INNER;
        file[BEGIN + 11] = 1;
        assert_eq!(refused(&file), Problem::new("is a database without packages"));
    }

    #[test]
    fn changes_that_count() {
        let mut log = vec![0; 64];
        assert!(!has_changes(&log));
        log[..4].copy_from_slice(&[0x37, 0x7f, 0x06, 0x82]);
        log[16..24].copy_from_slice(b"12345678");
        assert!(!has_changes(&log));
        log[40..48].copy_from_slice(b"12345678");
        assert!(has_changes(&log));
    }
}
