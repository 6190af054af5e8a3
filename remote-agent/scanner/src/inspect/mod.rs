//! Files of interest: which they are, and what they tell.
//!
//! [`file`] is asked for every file of a layer. An [`Inspector`] takes a
//! small file as a whole; archives and executables are read as streams. What
//! is wrong with one file is a [`Problem`] of that file: the rest of the image
//! is read on and the result is marked as partial.

mod archive;
mod encoding;
mod executable;
mod facts;
mod language;
pub mod malware;
pub mod os;
pub mod secret;
pub(crate) mod store;

use std::io::{self, Read};

pub use facts::{Facts, PathHash};
pub(crate) use language::{installed_beside, is_wanted, xml};
use malware::Hashing;

use crate::limits::Limits;
use crate::scope::Scope;

/// A regular file of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    /// Its path in normal form.
    pub(crate) path: &'a str,
    /// Bytes of its content, as announced.
    pub(crate) size: u64,
    /// Permission bits with setuid, setgid and sticky.
    pub(crate) mode: u32,
}

impl<'a> Entry<'a> {
    /// The last component of the path.
    pub(crate) fn base(&self) -> &'a str {
        self.path.rsplit_once('/').map_or(self.path, |(_, base)| base)
    }

    /// The path without its last component; empty at the root.
    pub(crate) fn folder(&self) -> &'a str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Whether the name ends in a dot and `extension`, in whatever case.
    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        self.base().rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(extension))
    }

    /// Whether the path is `tail` or ends in it after a slash.
    pub(crate) fn ends_with(&self, tail: &str) -> bool {
        self.path
            .strip_suffix(tail)
            .is_some_and(|before| before.is_empty() || before.ends_with('/'))
    }
}

/// What is wrong with one file, without its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem(String);

impl Problem {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// The text, bounded: parts of it may come from the file.
    pub(crate) fn into_text(self) -> String {
        const LONGEST: usize = 300;
        self.0.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
    }
}

/// One kind of file that is read as a whole.
pub(crate) struct Inspector {
    /// Whether the file is of this kind, by what the archive tells of it.
    pub(crate) wants: fn(&Entry<'_>) -> bool,
    /// Adds what the content tells.
    pub(crate) read: fn(&Entry<'_>, &[u8], &mut Facts) -> Result<(), Problem>,
}

/// Packages that one file may tell of.
const MOST_PACKAGES: usize = 100_000;
/// Paths that it may say its packages own: a layer has no room for more.
const MOST_OWNED: usize = 25 * MOST_PACKAGES;

/// Bytes of a name, a version or another text of a package. Tools refuse shorter ones.
const LONGEST: usize = 1_000;

/// What is wrong with a file of more packages.
fn too_many() -> Problem {
    Problem::new(format!("tells of more than {MOST_PACKAGES} packages"))
}

/// Bits of setuid and setgid.
pub(crate) const SET_ID: u32 = 0o6000;

/// All kinds of files that are read as a whole.
const INSPECTORS: &[&[&[Inspector]]] = &[&[os::INSPECTORS], language::INSTALLED, language::WANTED];

fn inspectors() -> impl Iterator<Item = &'static Inspector> {
    INSPECTORS.iter().copied().flatten().copied().flatten()
}

/// Whether a file at `path` is read as a whole for what it tells of packages.
fn wants(path: &str) -> bool {
    let entry = Entry { path, size: 1, mode: 0 };
    inspectors().any(|known| (known.wants)(&entry))
}

/// Whether the file is a package database.
fn is_database(entry: &Entry<'_>) -> bool {
    os::is_database(entry)
}

/// Whether a file at `path` may tell of packages, so that it matters whether
/// a package of the operating system owns it. Archives go by their name;
/// executables are known by their content only, so that everything counts
/// that has no extension or is named like one.
pub(crate) fn tells_packages(path: &str) -> bool {
    const NEVER: [&str; 4] = ["usr/share/doc/", "usr/share/man/", "usr/share/locale/", "etc/"];
    const BINARIES: [&str; 5] = ["whl", "so", "dll", "exe", "node"];
    // Only the path is known: a file that anybody may run.
    let entry = Entry { path, size: 1, mode: 0o755 };
    if inspectors().any(|known| (known.wants)(&entry)) {
        return true;
    }
    let base = entry.base();
    // What stands behind the dot of `python3.11` is no extension.
    let version = |(_, behind): (&str, &str)| behind.starts_with(|c: char| c.is_ascii_digit());
    !NEVER.iter().any(|folder| path.starts_with(folder))
        && (base.rsplit_once('.').is_none_or(version)
            || base.contains(".so.")
            || archive::wants(&entry)
            || BINARIES.iter().any(|extension| entry.has_extension(extension)))
}

/// What the file tells; none when it is of no interest. Fails only when
/// `content` cannot be read, which is the end of the layer.
pub(crate) fn file(
    entry: &Entry<'_>,
    content: &mut dyn Read,
    scope: &Scope,
) -> io::Result<Option<Facts>> {
    let Some(list) = scope.malware.as_ref().filter(|_| entry.size > 0) else {
        return told(entry, content, scope);
    };
    let mut hashing = Hashing::new(content);
    let mut facts = told(entry, &mut hashing, scope)?;
    if let Some(malware) = hashing.find(list)? {
        facts.get_or_insert_default().malware = Some(malware);
    }
    Ok(facts)
}

/// What the content tells, whatever it is called by others.
fn told(entry: &Entry<'_>, content: &mut dyn Read, scope: &Scope) -> io::Result<Option<Facts>> {
    let limits = &scope.limits;
    let mut facts =
        Facts { set_id: (entry.mode & SET_ID != 0).then_some(entry.mode), ..Facts::default() };
    let mut wanting = inspectors().filter(|known| (known.wants)(entry)).peekable();
    let is_wanted = wanting.peek().is_some();
    let is_archive = archive::wants(entry);
    let may_hold_secrets = !is_archive && secret::wants(entry);
    if !is_wanted && !may_hold_secrets {
        if is_archive {
            if let Err(problem) = archive::read(entry, content, &mut facts) {
                facts.problem(problem);
            }
        } else {
            executable::read(entry, content, &mut facts)?;
            if secret::is_too_long(entry) {
                let most = secret::SETTINGS;
                let reason = format!("has more than {most} bytes: no secrets are looked for in it");
                facts.problem(Problem::new(reason));
            }
        }
        return Ok((facts != Facts::default()).then_some(facts));
    }
    let most = if is_database(entry) { limits.database_bytes } else { limits.file_bytes };
    if entry.size > most {
        facts.problem(Problem::new(format!("has more than {most} bytes")));
        return Ok(Some(facts));
    }
    let _room = scope.room(entry.size);
    let mut bytes = Vec::with_capacity(entry.size as usize);
    content.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != entry.size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    for inspector in wanting {
        if let Err(problem) = (inspector.read)(entry, &bytes, &mut facts) {
            facts.problem(problem);
        }
    }
    let told = facts.packages.len();
    facts.packages.retain(|package| package.longest() <= LONGEST);
    if facts.packages.len() < told {
        let reason = format!("tells of a package with a text of more than {LONGEST} bytes");
        facts.problem(Problem::new(reason));
    }
    // A file may tell of one package in several places.
    facts.packages.sort_unstable();
    facts.packages.dedup();
    if may_hold_secrets {
        secret::read(entry, &bytes, &mut facts);
        executable::read(entry, &mut bytes.as_slice(), &mut facts)?;
    }
    // A file of interest is kept even when it tells nothing: it may hide one
    // that does.
    Ok((is_wanted || facts != Facts::default()).then_some(facts))
}

/// What a file of an image tells by itself: its path, and its whole content.
pub fn facts(path: &str, content: &[u8], limits: &Limits) -> io::Result<Option<Facts>> {
    let entry = Entry { path, size: content.len() as u64, mode: 0o644 };
    told(&entry, &mut &*content, &limits.clone().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name without an end would take the room of all others.
    #[test]
    fn a_package_with_a_text_that_is_too_long_costs_itself_only() {
        let long = "a".repeat(LONGEST + 1);
        for (path, text) in [
            (
                "lib/apk/db/installed",
                format!("P:{long}\nV:1\n\nP:b\nV:1\no:{long}\n\nP:musl\nV:1\n"),
            ),
            (
                "var/lib/dpkg/status",
                format!(
                    "Package: {long}\nStatus: install ok installed\nVersion: 1\n\n\
                     Package: b\nStatus: install ok installed\nVersion: {long}\n\n\
                     Package: musl\nStatus: install ok installed\nVersion: 1\n"
                ),
            ),
        ] {
            let facts = facts(path, text.as_bytes(), &Limits::default()).unwrap().unwrap();
            let names: Vec<_> = facts.packages.iter().map(|one| one.name.as_str()).collect();
            assert_eq!(names, ["musl"], "{path}");
            assert!(facts.problem.unwrap().contains("1000 bytes"), "{path}");
        }
    }

    /// Who looks for secrets must learn where nobody looked.
    #[test]
    fn settings_that_are_too_long_to_be_searched_are_told() {
        for (path, size, is_told) in [
            ("app/config/settings.yml", 2, true),
            ("etc/shop.conf", 2, true),
            ("app/config/settings.yml", 1, false),
            ("app/data.csv", 2, false),
            ("app/data.json", 2, false),
            ("app/node_modules/a/data.yml", 2, false),
            ("usr/share/a/data.yml", 2, false),
            ("app/tests/data.yml", 2, false),
            // It tells of packages.
            ("app/package-lock.json", 2, false),
        ] {
            let mut content = vec![b' '; size << 20];
            content[..2].copy_from_slice(b"{}");
            let facts = facts(path, &content, &Limits::default()).unwrap().unwrap_or_default();
            let problem = facts.problem.unwrap_or_default();
            assert_eq!(problem.contains("no secrets"), is_told, "{path} {problem}");
        }
    }

    #[test]
    fn paths_that_may_tell_of_packages() {
        for (path, expected) in [
            ("usr/bin/perl", true),
            ("usr/bin/python3.11", true),
            ("usr/bin/perl5.36.0", true),
            ("usr/lib/x86_64-linux-gnu/libssl.so.3", true),
            ("usr/share/java/log4j.jar", true),
            ("usr/share/jenkins/git.hpi", true),
            ("usr/bin/shop.pyz", true),
            ("usr/share/man/man1/perl.1.gz", false),
            ("usr/share/doc/perl/copyright", false),
            ("usr/include/stdio.h", false),
            ("etc/fstab", false),
        ] {
            assert_eq!(tells_packages(path), expected, "{path}");
        }
    }
}
