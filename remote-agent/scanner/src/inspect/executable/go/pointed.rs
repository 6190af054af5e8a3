//! Build information as Go wrote it up to 1.17: two pointers to texts, whose
//! headers (an address and a length) come later in the file, and whose bytes
//! came before. So every text that may be meant is kept until then.

use memchr::memmem;

use super::{BuildInfo, MODULE_LIST, build_info};
use crate::inspect::executable::elf::Elf;
use crate::inspect::executable::window::{Span, Window};

/// How the versions of Go begin.
const BEGINNINGS: [&[u8]; 2] = [b"go1.", b"devel +"];
/// Bytes of a version that are kept.
const VERSION: usize = 64;
/// Beginnings of versions that are kept.
const VERSIONS: usize = 10_000;
/// What stands before and behind the list of modules.
const BEFORE: [u8; 16] = [
    0x30, 0x77, 0xaf, 0x0c, 0x92, 0x74, 0x08, 0x02, 0x41, 0xe1, 0xc1, 0x07, 0xe6, 0xd6, 0x18, 0xe6,
];
const BEHIND: [u8; 16] = [
    0xf9, 0x32, 0x43, 0x31, 0x86, 0x18, 0x20, 0x72, 0x00, 0x82, 0x42, 0x10, 0x41, 0x16, 0xd8, 0xf2,
];
/// Lists of modules that are kept.
const LISTS: usize = 4;

/// Texts that may be meant, by their places.
#[derive(Debug, Default)]
pub(super) struct Texts {
    versions: Vec<(u64, Vec<u8>)>,
    lists: Vec<List>,
}

#[derive(Debug)]
struct List {
    start: u64,
    bytes: Vec<u8>,
    complete: bool,
}

impl Texts {
    pub(super) fn look(&mut self, window: &Window<'_>) {
        let places = |beginning| {
            let own = move |at: &usize| *at < window.own;
            memmem::find_iter(window.bytes, beginning).take_while(own)
        };
        for at in BEGINNINGS.iter().flat_map(|beginning| places(*beginning)) {
            if self.versions.len() < VERSIONS
                && let Some(bytes) = window.bytes.get(at..)
            {
                let bytes = bytes.get(..VERSION).unwrap_or(bytes);
                self.versions.push((window.start + at as u64, bytes.to_vec()));
            }
        }
        for at in places(&BEFORE) {
            if self.lists.len() < LISTS {
                let start = window.start + at as u64;
                self.lists.push(List { start, bytes: Vec::new(), complete: false });
            }
        }
        for list in self.lists.iter_mut().filter(|list| !list.complete) {
            list.look(window);
        }
        self.lists.retain(|list| list.bytes.len() <= MODULE_LIST);
    }

    fn version(&self, place: u64, length: usize) -> Option<&[u8]> {
        let (_, bytes) = self.versions.iter().find(|(start, _)| *start == place)?;
        bytes.get(..length)
    }

    fn list(&self, place: u64, length: usize) -> Option<&[u8]> {
        let list = self.lists.iter().find(|list| list.start == place && list.complete)?;
        list.bytes.get(..length)
    }
}

impl List {
    fn look(&mut self, window: &Window<'_>) {
        let Some(more) = window.from(self.start + self.bytes.len() as u64) else { return };
        // The mark may have begun in the window before.
        let from = self.bytes.len().saturating_sub(BEHIND.len());
        self.bytes.extend_from_slice(more);
        let end = self.bytes.get(from..).and_then(|bytes| memmem::find(bytes, &BEHIND));
        if let Some(end) = end {
            self.bytes.truncate(from + end + BEHIND.len());
            self.complete = true;
        }
    }
}

/// The two pointers, followed as far as to the headers of the texts.
#[derive(Debug)]
pub(super) struct Pointers {
    version: Span,
    modules: Span,
}

impl Pointers {
    /// Reads what stands behind the magic. Pointers that lead nowhere are none.
    pub(super) fn read(bytes: &[u8], elf: &Elf) -> Option<Self> {
        let size = usize::from(*bytes.get(14)?);
        if !matches!(size, 4 | 8) {
            return None;
        }
        let header = |at: usize| {
            let address = elf.number(bytes.get(at..at + size)?)?;
            let place = elf.place(address, size as u64 * 2)?;
            Some(Span::new(place, size * 2))
        };
        Some(Self { version: header(16)?, modules: header(16 + size)? })
    }

    pub(super) fn look(&mut self, window: &Window<'_>) {
        self.version.take(window);
        self.modules.take(window);
    }

    /// What they lead to.
    pub(super) fn follow(&self, texts: &Texts, elf: &Elf) -> Option<BuildInfo> {
        let (place, length) = text(&self.version, elf)?;
        let version = texts.version(place, length)?;
        let modules = text(&self.modules, elf);
        let modules = modules.and_then(|(place, length)| texts.list(place, length));
        build_info(version, modules.unwrap_or_default())
    }
}

/// Where the text of a header lies, and its length.
fn text(header: &Span, elf: &Elf) -> Option<(u64, usize)> {
    let header = header.complete()?;
    let (address, length) = header.split_at(header.len() / 2);
    let length = elf.number(length).filter(|length| *length <= MODULE_LIST as u64)?;
    Some((elf.place(elf.number(address)?, length)?, length as usize))
}
