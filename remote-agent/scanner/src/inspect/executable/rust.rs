//! What `cargo auditable` leaves in programs of Rust: the crates, as
//! compressed JSON in a section of its own.

use std::io::Read as _;

use flate2::read::ZlibDecoder;
use serde::Deserialize;

use super::elf::Elf;
use crate::inspect::{Entry, Facts, Problem};
use crate::package::{Ecosystem, Package};

const SECTION: &[u8] = b".dep-v0";
/// Unpacked bytes of the section.
const UNPACKED: u64 = 8 << 20;

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

pub(super) fn read(entry: &Entry<'_>, whole: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let Some(section) = Elf::parse(whole).and_then(|elf| elf.section(SECTION)) else {
        return Ok(());
    };
    let mut json = Vec::new();
    ZlibDecoder::new(section)
        .take(UNPACKED)
        .read_to_end(&mut json)
        .map_err(|_| Problem::new("holds a damaged list of crates"))?;
    let audited: Audited = serde_json::from_slice(&json)
        .map_err(|_| Problem::new("holds a list of crates that is none"))?;
    let runs = audited.packages.into_iter().filter(|one| one.kind != "build");
    facts
        .packages
        .extend(runs.map(|one| Package::new(Ecosystem::Cargo, one.name, one.version, entry.path)));
    Ok(())
}
