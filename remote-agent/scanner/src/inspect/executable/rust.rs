//! What `cargo auditable` leaves in programs of Rust: the crates, as
//! compressed JSON in a section of its own.
//!
//! The section comes before the table that tells where it is. So everything
//! that begins as such a list is unpacked as it comes, and counts if a section
//! turns out to begin there.

use flate2::{Decompress, FlushDecompress, Status};
use memchr::memchr_iter;
use serde::Deserialize;

use super::elf::{Elf, Sections};
use super::window::Window;
use crate::inspect::{Entry, Facts, Problem};
use crate::package::{Ecosystem, Package};

/// How every list begins.
const BEGINNING: &[u8] = b"{\"packages\":[";
/// Unpacked bytes of a list.
const UNPACKED: usize = 8 << 20;
/// Lists in one file: it has one, and its own data may have more.
const LISTS: usize = 4;
/// The first byte of what zlib packed, and the second by its effort.
const ZLIB: u8 = 0x78;
const EFFORTS: [u8; 4] = [0x01, 0x5e, 0x9c, 0xda];

#[derive(Deserialize)]
struct Audited {
    packages: Vec<Crate>,
}

#[derive(Deserialize)]
struct Crate {
    name: String,
    version: String,
    /// `build` for what only helped to build.
    #[serde(default)]
    kind: String,
}

/// Looks for lists.
#[derive(Debug)]
pub(super) struct Search {
    sections: Sections,
    lists: Vec<List>,
    /// Tries whether a list begins somewhere.
    trial: Decompress,
}

/// What is unpacked from one place on.
#[derive(Debug)]
struct List {
    start: u64,
    unpacker: Decompress,
    json: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Complete,
    Damaged,
}

impl Search {
    pub(super) fn new(elf: &Elf) -> Self {
        Self { sections: Sections::new(elf), lists: Vec::new(), trial: Decompress::new(true) }
    }

    pub(super) fn look(&mut self, window: &Window<'_>) {
        self.sections.look(window);
        for at in memchr_iter(ZLIB, window.bytes.get(..window.own).unwrap_or_default()) {
            let Some(bytes) = window.bytes.get(at..) else { break };
            let is_packed = bytes.get(1).is_some_and(|effort| EFFORTS.contains(effort));
            if is_packed && self.lists.len() < LISTS && self.begins(bytes) {
                self.lists.push(List {
                    start: window.start + at as u64,
                    unpacker: Decompress::new(true),
                    json: Vec::new(),
                    state: State::Open,
                });
            }
        }
        for list in self.lists.iter_mut().filter(|list| list.state == State::Open) {
            list.look(window);
        }
    }

    /// Whether `bytes` unpack to the beginning of a list.
    fn begins(&mut self, bytes: &[u8]) -> bool {
        let mut beginning = [0; BEGINNING.len()];
        self.trial.reset(true);
        let unpacked = self.trial.decompress(bytes, &mut beginning, FlushDecompress::None);
        unpacked.is_ok() && beginning == BEGINNING
    }

    /// Notes the crates of the list that is a section.
    pub(super) fn tell(self, entry: &Entry<'_>, facts: &mut Facts) -> Result<(), Problem> {
        let is_section =
            |list: &&List| self.sections.places().any(|(start, _)| start == list.start);
        let Some(list) = self.lists.iter().find(is_section) else { return Ok(()) };
        if list.state != State::Complete {
            return Err(Problem::new("holds a damaged list of crates"));
        }
        let audited: Audited = serde_json::from_slice(&list.json)
            .map_err(|_| Problem::new("holds a list of crates that is none"))?;
        let runs = audited.packages.into_iter().filter(|one| one.kind != "build");
        facts.packages.extend(
            runs.map(|one| Package::new(Ecosystem::Cargo, one.name, one.version, entry.path)),
        );
        Ok(())
    }
}

impl List {
    fn look(&mut self, window: &Window<'_>) {
        while self.state == State::Open {
            let packed = window.from(self.start + self.unpacker.total_in()).unwrap_or_default();
            if packed.is_empty() {
                return;
            }
            self.json.reserve(packed.len().clamp(4 << 10, 64 << 10));
            let before = (self.unpacker.total_in(), self.unpacker.total_out());
            let unpacked =
                self.unpacker.decompress_vec(packed, &mut self.json, FlushDecompress::None);
            let stuck = before == (self.unpacker.total_in(), self.unpacker.total_out());
            self.state = match unpacked {
                Ok(Status::StreamEnd) => State::Complete,
                Ok(_) if !stuck && self.json.len() <= UNPACKED => State::Open,
                Ok(_) | Err(_) => State::Damaged,
            };
        }
    }
}
