//! As much of ELF as is needed: sections by name, and where an address lies
//! in the file. Everything in a file is hostile: what does not fit is not
//! there.

/// A file in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elf<'a> {
    bytes: &'a [u8],
    is_64: bool,
    is_big: bool,
}

/// Sections or segments that are looked at.
const MOST: usize = 4_096;

#[derive(Clone, Copy, Debug)]
struct Section {
    name: usize,
    offset: u64,
    size: u64,
}

impl<'a> Elf<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let elf = Self { bytes, is_64: *bytes.get(4)? == 2, is_big: *bytes.get(5)? == 2 };
        bytes.starts_with(b"\x7fELF").then_some(elf)
    }

    pub(super) fn is_big(&self) -> bool {
        self.is_big
    }

    fn number(&self, at: usize, size: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(size)?)?;
        let fold = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.is_big {
            bytes.iter().fold(0, fold)
        } else {
            bytes.iter().rev().fold(0, fold)
        })
    }

    fn word(&self, at: usize) -> Option<u64> {
        self.number(at, if self.is_64 { 8 } else { 4 })
    }

    fn slice(&self, offset: u64, size: u64) -> Option<&'a [u8]> {
        let start = usize::try_from(offset).ok()?;
        self.bytes.get(start..start.checked_add(usize::try_from(size).ok()?)?)
    }

    /// The content of the section with the name.
    pub(super) fn section(&self, wanted: &[u8]) -> Option<&'a [u8]> {
        let (table, entry_size, count, names) = if self.is_64 {
            (self.word(40)?, self.number(58, 2)?, self.number(60, 2)?, self.number(62, 2)?)
        } else {
            (self.word(32)?, self.number(46, 2)?, self.number(48, 2)?, self.number(50, 2)?)
        };
        let section = |index: u64| -> Option<Section> {
            let at = usize::try_from(table.checked_add(index.checked_mul(entry_size)?)?).ok()?;
            let (offset, size) = if self.is_64 { (24, 32) } else { (16, 20) };
            Some(Section {
                name: usize::try_from(self.number(at, 4)?).ok()?,
                offset: self.word(at.checked_add(offset)?)?,
                size: self.word(at.checked_add(size)?)?,
            })
        };
        let names = section(names)?;
        let names = self.slice(names.offset, names.size)?;
        (0..count.min(MOST as u64)).filter_map(section).find_map(|one| {
            let name = names.get(one.name..)?;
            let is_it = name.starts_with(wanted) && name.get(wanted.len()) == Some(&0);
            is_it.then(|| self.slice(one.offset, one.size)).flatten()
        })
    }

    /// `size` bytes at a virtual address, as the program sees them.
    pub(super) fn at_address(&self, address: u64, size: u64) -> Option<&'a [u8]> {
        let (table, entry_size, count) = if self.is_64 {
            (self.word(32)?, self.number(54, 2)?, self.number(56, 2)?)
        } else {
            (self.word(28)?, self.number(42, 2)?, self.number(44, 2)?)
        };
        (0..count.min(MOST as u64)).find_map(|index| {
            let at = usize::try_from(table.checked_add(index.checked_mul(entry_size)?)?).ok()?;
            let (offset, start, length) = if self.is_64 { (8, 16, 32) } else { (4, 8, 16) };
            let is_loaded = self.number(at, 4)? == 1;
            let start = self.word(at.checked_add(start)?)?;
            let within = address.checked_sub(start)?;
            let fits = within.checked_add(size)? <= self.word(at.checked_add(length)?)?;
            let offset = self.word(at.checked_add(offset)?)?;
            (is_loaded && fits).then(|| self.slice(offset.checked_add(within)?, size)).flatten()
        })
    }
}
