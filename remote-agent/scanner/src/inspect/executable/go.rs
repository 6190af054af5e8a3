//! What Go leaves in its programs: the version of Go and the modules.
//!
//! Since 1.18 it stands behind the magic as two texts; before, there are two
//! pointers to texts elsewhere.

use memchr::memmem;

use super::elf::Elf;
use crate::inspect::{Entry, Facts};
use crate::package::{Ecosystem, Package};

const MAGIC: &[u8] = b"\xff Go buildinf:";
/// Bytes before the texts.
const HEAD: usize = 32;
/// Bytes of the texts at most.
const TEXTS: usize = 4 << 20;
/// The module list is between two marks of this length.
const MARK: usize = 16;
/// Modules of a program.
const MODULES: usize = 20_000;

/// Looks for the magic in windows of a file.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// From the magic on.
    found: Option<Vec<u8>>,
    complete: bool,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BuildInfo {
    pub(super) version: String,
    pub(super) modules: String,
}

impl Search {
    pub(super) fn look(&mut self, window: &[u8]) {
        if self.complete {
            return;
        }
        // The magic may stand in a program that looks for it: only one that
        // is aligned and understood counts.
        for at in memmem::find_iter(window, MAGIC) {
            let Some(bytes) = window.get(at..) else { continue };
            let end = bytes.len().min(HEAD + TEXTS);
            let bytes = bytes.get(..end).unwrap_or_default();
            let longer = self.found.as_ref().is_none_or(|found| found.len() < bytes.len());
            if inline(bytes).is_some() {
                self.found = Some(bytes.to_vec());
                self.complete = true;
                return;
            }
            if longer {
                self.found = Some(bytes.to_vec());
            }
        }
    }

    /// Bytes at the end of the window that must be seen again with more
    /// behind them.
    pub(super) fn needs(&self) -> usize {
        match &self.found {
            Some(found) if !self.complete && found.len() < HEAD + TEXTS => found.len(),
            _ => 0,
        }
    }

    /// What was found; `whole` is the file, where it was kept and is ELF.
    pub(super) fn finish(self, whole: Option<&Vec<u8>>) -> Option<BuildInfo> {
        let found = self.found?;
        inline(&found).or_else(|| pointed(&found, Elf::parse(whole?)?))
    }
}

/// Two texts, each after its length as a varint.
fn inline(bytes: &[u8]) -> Option<BuildInfo> {
    if bytes.get(15)? & 2 == 0 {
        return None;
    }
    let (version, rest) = prefixed(bytes.get(HEAD..)?)?;
    let (modules, _) = prefixed(rest)?;
    build_info(version, modules)
}

fn prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut size = 0_usize;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        size |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return bytes.get(at + 1..)?.split_at_checked(size);
        }
    }
    None
}

/// Two pointers to the headers of texts, each an address and a length.
fn pointed(bytes: &[u8], elf: Elf<'_>) -> Option<BuildInfo> {
    let size = usize::from(*bytes.get(14)?);
    if !matches!(size, 4 | 8) {
        return None;
    }
    let number = |bytes: &[u8]| {
        let fold = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        if elf.is_big() { bytes.iter().fold(0, fold) } else { bytes.iter().rev().fold(0, fold) }
    };
    let text = |pointer: &[u8]| {
        let header = elf.at_address(number(pointer), size as u64 * 2)?;
        let (address, length) = header.split_at_checked(size)?;
        let length = number(length);
        (length <= TEXTS as u64).then(|| elf.at_address(number(address), length))?
    };
    let version = text(bytes.get(16..16 + size)?)?;
    let modules = text(bytes.get(16 + size..16 + 2 * size)?).unwrap_or_default();
    build_info(version, modules)
}

fn build_info(version: &[u8], modules: &[u8]) -> Option<BuildInfo> {
    let version = super::text(version).ok()?.to_owned();
    let is_go = version.starts_with("go1") || version.starts_with("devel ");
    // The marks are no text.
    let modules = modules.get(MARK..modules.len().checked_sub(MARK)?.max(MARK)).unwrap_or_default();
    let modules = super::text(modules).unwrap_or_default().to_owned();
    is_go.then_some(BuildInfo { version, modules })
}

/// Notes the library of Go and the modules.
pub(super) fn tell(entry: &Entry<'_>, info: &BuildInfo, facts: &mut Facts) {
    let mut add = |name: &str, version: &str| {
        if facts.packages.len() < MODULES && !name.is_empty() && name.len() + version.len() < 1_000
        {
            facts.packages.push(Package::new(Ecosystem::Go, name, version, entry.path));
        }
    };
    // `go1.21.3 X:nocoverageredesign` names experiments behind the version.
    let go = info.version.split_whitespace().next().unwrap_or_default();
    if let Some(version) = go.strip_prefix("go") {
        add("stdlib", version);
    }
    let mut module: Option<(&str, &str)> = None;
    let mut main: Option<(&str, &str)> = None;
    let mut flags = "";
    let mut revision = "";
    for line in info.modules.lines() {
        let mut words = line.split('\t');
        match words.next() {
            Some("mod") => {
                main = words.next().map(|name| (name, words.next().unwrap_or_default()));
            }
            Some("dep") => {
                if let Some((name, version)) = module.take() {
                    add(name, version);
                }
                module = words.next().map(|name| (name, words.next().unwrap_or_default()));
            }
            Some("=>") => {
                // A folder in place of a module has no version.
                let by = words.next().map(|name| (name, words.next().unwrap_or_default()));
                module = by.filter(|(_, version)| !version.is_empty());
            }
            Some("build") => {
                let (key, value) = words.next().and_then(|w| w.split_once('=')).unwrap_or_default();
                match key {
                    "-ldflags" => flags = value,
                    "vcs.revision" => revision = value,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    if let Some((name, version)) = module {
        add(name, version);
    }
    if let Some((name, version)) = main {
        let told = matches!(version, "" | "(devel)").then(|| version_in_flags(flags)).flatten();
        let version = told.unwrap_or(if version.is_empty() { "(devel)" } else { version });
        add(name, version);
        if name == "k8s.io/kubernetes" && version != "(devel)" {
            let kubernetes = version.trim_start_matches('v');
            let package =
                Package::new(Ecosystem::Application, "kubernetes", kubernetes, entry.path);
            facts.packages.push(package);
        }
    }
    tracing::trace!(path = entry.path, revision, "a program of Go");
}

/// The version that the linker was told: `-X example.com/version.Version=v1.2.3`.
fn version_in_flags(flags: &str) -> Option<&str> {
    flags.split([' ', '"', '\'']).find_map(|word| {
        let (variable, value) = word.split_once('=')?;
        let variable = variable.rsplit(['.', '/']).next()?.to_ascii_lowercase();
        let is_version = matches!(variable.as_str(), "version" | "gitversion" | "buildversion");
        let digits = value.strip_prefix('v').unwrap_or(value);
        let fits = digits.starts_with(|c: char| c.is_ascii_digit()) && digits.contains('.');
        (is_version && fits && value.len() < 100).then_some(value)
    })
}
