//! As much of ELF as is needed: where an address lies in the file, and where
//! sections do. Everything in a file is hostile: what does not fit is not
//! there.

use super::window::{Span, Window};

/// Sections or segments that are looked at.
const MOST: u64 = 4_096;

/// What the beginning of a file tells.
#[derive(Clone, Debug)]
pub(super) struct Elf {
    is_64: bool,
    is_big: bool,
    segments: Vec<Segment>,
    /// Where the table of sections lies, the bytes of an entry, and how many
    /// there are.
    sections: (u64, usize, usize),
}

/// A part of the file that is loaded.
#[derive(Clone, Copy, Debug)]
struct Segment {
    offset: u64,
    address: u64,
    length: u64,
}

impl Elf {
    /// Reads the beginning of a file, which has the table of segments.
    pub(super) fn parse(head: &[u8]) -> Option<Self> {
        if !head.starts_with(b"\x7fELF") {
            return None;
        }
        let (is_64, is_big) = (*head.get(4)? == 2, *head.get(5)? == 2);
        let mut elf = Self { is_64, is_big, segments: Vec::new(), sections: (0, 0, 0) };
        let short = |at: usize| elf.number(head.get(at..at + 2)?);
        let (table, size, count) = if is_64 {
            (elf.word(head, 32)?, short(54)?, short(56)?)
        } else {
            (elf.word(head, 28)?, short(42)?, short(44)?)
        };
        let sections = if is_64 {
            (elf.word(head, 40)?, short(58)?, short(60)?)
        } else {
            (elf.word(head, 32)?, short(46)?, short(48)?)
        };
        let segment = |index: u64| {
            let at = usize::try_from(table.checked_add(index.checked_mul(size)?)?).ok()?;
            let entry = head.get(at..)?;
            let (offset, address, length) = if is_64 { (8, 16, 32) } else { (4, 8, 16) };
            (elf.number(entry.get(..4)?)? == 1).then_some(())?;
            Some(Segment {
                offset: elf.word(entry, offset)?,
                address: elf.word(entry, address)?,
                length: elf.word(entry, length)?,
            })
        };
        let segments = (0..count.min(MOST)).filter_map(segment).collect();
        elf.segments = segments;
        elf.sections = (sections.0, sections.1 as usize, sections.2.min(MOST) as usize);
        Some(elf)
    }

    /// A number in the byte order of the file.
    pub(super) fn number(&self, bytes: &[u8]) -> Option<u64> {
        let fold = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        (!bytes.is_empty()).then(|| {
            if self.is_big { bytes.iter().fold(0, fold) } else { bytes.iter().rev().fold(0, fold) }
        })
    }

    fn word(&self, bytes: &[u8], at: usize) -> Option<u64> {
        self.number(bytes.get(at..at + if self.is_64 { 8 } else { 4 })?)
    }

    /// Where `size` bytes at a virtual address lie in the file.
    pub(super) fn place(&self, address: u64, size: u64) -> Option<u64> {
        self.segments.iter().find_map(|segment| {
            let within = address.checked_sub(segment.address)?;
            let fits = within.checked_add(size)? <= segment.length;
            fits.then(|| segment.offset.checked_add(within)).flatten()
        })
    }
}

/// The table of sections, gathered as it comes: it stands at the end.
#[derive(Debug)]
pub(super) struct Sections {
    elf: Elf,
    table: Span,
}

impl Sections {
    pub(super) fn new(elf: &Elf) -> Self {
        let (start, size, count) = elf.sections;
        Self { elf: elf.clone(), table: Span::new(start, size * count) }
    }

    pub(super) fn look(&mut self, window: &Window<'_>) {
        self.table.take(window);
    }

    /// Place and length of each section.
    pub(super) fn places(&self) -> impl Iterator<Item = (u64, u64)> {
        let (_, size, _) = self.elf.sections;
        let table = self.table.complete().unwrap_or_default();
        let (offset, length) = if self.elf.is_64 { (24, 32) } else { (16, 20) };
        table.chunks_exact(size.max(1)).filter_map(move |entry| {
            Some((self.elf.word(entry, offset)?, self.elf.word(entry, length)?))
        })
    }
}
