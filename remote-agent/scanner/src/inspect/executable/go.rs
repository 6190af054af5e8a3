//! What Go leaves in its programs: the version of Go and the modules.
//!
//! Since 1.18 it stands behind the magic as two texts; before, there are two
//! pointers: to texts whose own place and length stand behind the magic, and
//! which themselves stand before it ([`pointed`]).

mod pointed;

use memchr::memmem;

use super::elf::Elf;
use super::window::{Span, Window};
use crate::inspect::{Entry, Facts};
use crate::package::{Ecosystem, Package};
use pointed::{Pointers, Texts};

const MAGIC: &[u8] = b"\xff Go buildinf:";
/// The magic stands at a multiple of this.
const ALIGNED: u64 = 16;
/// Bytes before the texts.
const HEAD: usize = 32;
/// Bytes of the module list at most, and of the version.
const MODULE_LIST: usize = 4 << 20;
const VERSION: usize = 256;
/// The module list is between two marks of this length.
const MARK: usize = 16;
/// Modules of a program.
const MODULES: usize = 20_000;
/// Places that look like build information and are followed: a program that
/// reads that of others has the magic among its own data.
const FOLLOWED: usize = 4;

/// Looks for build information.
#[derive(Debug, Default)]
pub(super) struct Search {
    found: Option<BuildInfo>,
    /// Versions whose module lists are still coming.
    inline: Vec<(String, Span)>,
    pointers: Vec<Pointers>,
    texts: Texts,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BuildInfo {
    version: String,
    modules: String,
}

impl Search {
    /// Looks at a window of a file, which is of `elf` where it is ELF.
    pub(super) fn look(&mut self, window: &Window<'_>, elf: Option<&Elf>) {
        if self.found.is_some() {
            return;
        }
        for at in memmem::find_iter(window.bytes, MAGIC).take_while(|at| *at < window.own) {
            let place = window.start + at as u64;
            let Some(bytes) = window.bytes.get(at..).filter(|_| place.is_multiple_of(ALIGNED))
            else {
                continue;
            };
            if bytes.get(15).is_some_and(|flags| flags & 2 != 0) {
                if self.inline.len() < FOLLOWED {
                    self.inline.extend(inline(place, bytes));
                }
            } else if self.pointers.len() < FOLLOWED {
                self.pointers.extend(elf.and_then(|elf| Pointers::read(bytes, elf)));
            }
        }
        for (version, modules) in &mut self.inline {
            modules.take(window);
            if let Some(modules) = modules.complete()
                && let Some(info) = build_info(version.as_bytes(), modules)
            {
                self.found = Some(info);
                return;
            }
        }
        self.inline.retain(|(_, modules)| modules.complete().is_none());
        if elf.is_some() {
            self.texts.look(window);
            self.pointers.iter_mut().for_each(|pointers| pointers.look(window));
        }
    }

    /// What was found.
    pub(super) fn finish(self, elf: Option<&Elf>) -> Option<BuildInfo> {
        self.found.or_else(|| {
            let elf = elf?;
            self.pointers.iter().find_map(|pointers| pointers.follow(&self.texts, elf))
        })
    }
}

/// The version, and where the list of modules is: each after its length as a
/// varint.
fn inline(place: u64, bytes: &[u8]) -> Option<(String, Span)> {
    let (length, rest) = varint(bytes.get(HEAD..)?)?;
    let (version, rest) = rest.split_at_checked(length).filter(|_| length <= VERSION)?;
    let version = go_version(version)?;
    let (length, rest) = varint(rest).filter(|(length, _)| *length <= MODULE_LIST)?;
    let behind = (bytes.len() - rest.len()) as u64;
    Some((version.to_owned(), Span::new(place + behind, length)))
}

fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut size = 0_usize;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        size |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((size, bytes.get(at + 1..)?));
        }
    }
    None
}

/// The text of a version, where it is one of Go.
fn go_version(bytes: &[u8]) -> Option<&str> {
    let version = super::text(bytes).ok()?;
    (version.starts_with("go1") || version.starts_with("devel ")).then_some(version)
}

fn build_info(version: &[u8], modules: &[u8]) -> Option<BuildInfo> {
    let version = go_version(version)?.to_owned();
    // The marks are no text.
    let modules = modules.get(MARK..modules.len().checked_sub(MARK)?.max(MARK)).unwrap_or_default();
    let modules = super::text(modules).ok()?.to_owned();
    Some(BuildInfo { version, modules })
}

/// Notes the library of Go and the modules. `in_words` is the version that the
/// program tells of itself elsewhere.
pub(super) fn tell(entry: &Entry<'_>, info: &BuildInfo, in_words: Option<&str>, facts: &mut Facts) {
    let mut add = |name: &str, version: &str, main: bool| {
        if facts.packages.len() < MODULES && !name.is_empty() && name.len() + version.len() < 1_000
        {
            let module = Package::new(Ecosystem::Go, name, version, entry.path);
            facts.packages.push(Package { main, ..module });
        }
    };
    // `go1.21.3 X:nocoverageredesign` names experiments behind the version.
    let go = info.version.split_whitespace().next().unwrap_or_default();
    if let Some(version) = go.strip_prefix("go") {
        add("stdlib", version, false);
    }
    let mut module: Option<(&str, &str)> = None;
    let mut main: Option<(&str, &str)> = None;
    let mut program = "";
    let mut flags = "";
    for line in info.modules.lines() {
        let mut words = line.split('\t');
        match words.next() {
            Some("path") => program = words.next().unwrap_or_default(),
            Some("mod") => {
                main = words.next().map(|name| (name, words.next().unwrap_or_default()));
            }
            Some("dep") => {
                if let Some((name, version)) = module.take() {
                    add(name, version, false);
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
                if key == "-ldflags" {
                    flags = value;
                }
            }
            _ => {}
        }
    }
    if let Some((name, version)) = module {
        add(name, version, false);
    }
    // Built without modules, a program is known by its own path alone.
    let main = main.or_else(|| Some((module_of(program)?, "")));
    if let Some((name, version)) = main {
        let told = || version_in_flags(flags).or(in_words);
        let told = matches!(version, "" | "(devel)").then(told).flatten();
        let version = match told {
            Some(told) if told.starts_with('v') => told.to_owned(),
            Some(told) => format!("v{told}"),
            None if version.is_empty() => "(devel)".to_owned(),
            None => version.to_owned(),
        };
        add(name, &version, true);
        if name == "k8s.io/kubernetes" && in_words.is_none() && version != "(devel)" {
            let kubernetes = version.trim_start_matches('v');
            let package =
                Package::new(Ecosystem::Application, "kubernetes", kubernetes, entry.path);
            facts.packages.push(package);
        }
    }
}

/// The module that a path is most likely of; none where it is of the library. Where repositories
/// have their place in the path, that is known, and programs of others lie below `cmd`.
fn module_of(path: &str) -> Option<&str> {
    let host = path.split('/').next().filter(|host| host.contains('.'))?;
    let parts = match host {
        "github.com" | "gitlab.com" | "bitbucket.org" | "golang.org" => 3,
        "k8s.io" | "sigs.k8s.io" | "go.etcd.io" | "google.golang.org" => 2,
        _ => return path.split("/cmd/").next(),
    };
    let is_major = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let parts = if path.split('/').nth(parts).is_some_and(is_major) { parts + 1 } else { parts };
    let end = path.match_indices('/').nth(parts - 1).map_or(path.len(), |(at, _)| at);
    path.get(..end)
}

/// The version that the linker was told: `-X example.com/version.Version=v1.2.3`,
/// or with `-X=`.
fn version_in_flags(flags: &str) -> Option<&str> {
    const VARIABLES: [&str; 6] =
        ["version", "gitversion", "buildversion", "appversion", "releaseversion", "semver"];
    // A value with quotes in it is quoted as a whole, with backslashes.
    flags.split([' ', '"', '\'', '\\']).find_map(|word| {
        let word = word.strip_prefix("-X=").or_else(|| word.strip_prefix("--X=")).unwrap_or(word);
        let (variable, value) = word.split_once('=')?;
        let variable = variable.rsplit(['.', '/']).next()?.to_ascii_lowercase();
        let digits = value.strip_prefix('v').unwrap_or(value);
        let fits = digits.starts_with(|c: char| c.is_ascii_digit()) && digits.contains('.');
        (VARIABLES.contains(&&*variable) && fits && value.len() < 100).then_some(value)
    })
}
