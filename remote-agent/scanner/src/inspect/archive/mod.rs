//! Java archives, Python's eggs and its programs in one file, read as streams:
//! nothing is unpacked, and an archive in an archive is read where it stands.
//!
//! [`zip`] walks the entries, [`identity`] tells from them what an archive is.

mod group;
mod identity;
mod zip;

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

use identity::Clues;
use memchr::memmem;
use zip::{Member, NO_ENTRY, Walk, ZipError};

use super::{Entry, Facts, Problem, language};

/// Archives within archives that are opened: more than anybody nests, and so
/// few that the decoders of all take some megabytes.
const DEPTH: usize = 64;
/// Entries of an archive, those of archives within included.
const ENTRIES: u64 = 500_000;
/// Unpacked bytes of entries that do not tell where they end, of an archive
/// and those within: for each byte of the archive, and of any.
const UNPACKED_EACH: u64 = 100;
const UNPACKED: u64 = 256 << 20;
/// Bytes of a file that tells what the archive is.
const CLUE: u64 = 256 << 10;
/// Bytes of the path of an archive within.
const PATH: usize = 4096;
/// What an archive and those within may tell, in packages with paths of usual length.
const TOLD: usize = 20_000;
/// Bytes of a path that count like a package.
const USUAL_PATH: usize = 200;

/// What an egg tells of itself in.
const EGG_METADATA: &str = "EGG-INFO/PKG-INFO";
/// Bytes of the line that names a script's interpreter, and those an archive begins with.
const INTERPRETER: u64 = 256;
const MAGIC: &[u8] = b"PK\x03\x04";
/// The end of what a program tells of each package in it, as zipapp, shiv and pex make it.
const METADATA: &str = ".dist-info/METADATA";

/// Whether the file is such an archive, by its name.
pub(super) fn wants(entry: &Entry<'_>) -> bool {
    is_archive(entry.path)
}

fn is_archive(name: &str) -> bool {
    const OF_JAVA: [&str; 10] =
        ["jar", "war", "ear", "par", "sar", "jpi", "hpi", "nar", "kar", "lpkg"];
    let base = name.rsplit('/').next().unwrap_or(name);
    base.rsplit_once('.').is_some_and(|(stem, _)| !stem.is_empty())
        && (has_extension(base, &OF_JAVA) || Kind::of(base) != Kind::Java)
}

/// What archives are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Java,
    /// A package of Python, the old form.
    Egg,
    /// A program of Python with all that it needs.
    Program,
}

impl Kind {
    fn of(path: &str) -> Self {
        if has_extension(path, &["egg"]) {
            Self::Egg
        } else if has_extension(path, &["pyz", "pex"]) {
            Self::Program
        } else {
            Self::Java
        }
    }

    /// Whether an entry tells of a package of Python.
    fn tells_of_python(self, name: &str) -> bool {
        match self {
            Self::Java => false,
            Self::Egg => name == EGG_METADATA,
            Self::Program => name.ends_with(METADATA),
        }
    }
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| {
        extensions.iter().any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// Reads the archive and notes what it and the archives in it are. What was
/// understood before something goes wrong is kept.
pub(super) fn read(
    entry: &Entry<'_>,
    content: &mut dyn Read,
    facts: &mut Facts,
) -> Result<(), Problem> {
    let kind = Kind::of(entry.path);
    // A layer gives its bytes in pieces of any size.
    let mut head = Vec::new();
    let read = content.take(2).read_to_end(&mut head);
    read.map_err(|error| Problem::new(format!("cannot be read: {error}")))?;
    // Others use these endings too.
    if kind == Kind::Program && !matches!(&*head, b"PK" | b"#!") {
        return Ok(());
    }
    let is_script = head == b"#!";
    match of_kind(kind, entry, &mut head.as_slice().chain(content), facts) {
        // A script that has nothing in it.
        Err(ZipError::Malformed(NO_ENTRY)) if kind == Kind::Program && is_script => Ok(()),
        outcome => outcome.map_err(problem),
    }
}

/// Reads a file that begins as a script of Python, if an archive follows: the name of such a
/// program needs no ending. Fails when `content` cannot be read.
pub(super) fn program(
    entry: &Entry<'_>,
    content: &mut dyn Read,
    facts: &mut Facts,
) -> io::Result<()> {
    let mut source = BufReader::new(content);
    let mut head = Vec::new();
    source.by_ref().take(INTERPRETER).read_until(b'\n', &mut head)?;
    if !head.starts_with(b"#!") || memmem::find(&head, b"py").is_none() {
        return Ok(());
    }
    let line = head.len();
    source.by_ref().take(MAGIC.len() as u64).read_to_end(&mut head)?;
    if head.get(line..) != Some(MAGIC) {
        return Ok(());
    }
    let outcome = of_kind(Kind::Program, entry, &mut head.as_slice().chain(source), facts);
    if let Err(error) = outcome {
        facts.problem(problem(error));
    }
    Ok(())
}

fn of_kind(
    kind: Kind,
    entry: &Entry<'_>,
    content: &mut dyn Read,
    facts: &mut Facts,
) -> Result<(), ZipError> {
    let most = entry.size.saturating_mul(UNPACKED_EACH).saturating_add(UNPACKED);
    let budget = Budget {
        entries: Cell::new(ENTRIES),
        told: Cell::new(TOLD),
        unpacked: Cell::new(most),
        most,
    };
    let mut source = BufReader::with_capacity(64 << 10, content);
    let outcome = archive(kind, entry.path, &mut source, DEPTH, &budget, facts);
    if kind == Kind::Program {
        // One package may have brought a copy of another.
        facts.packages.sort_unstable();
        facts.packages.dedup();
    }
    outcome
}

fn problem(error: ZipError) -> Problem {
    match error {
        ZipError::Read(error) => Problem::new(format!("cannot be read: {error}")),
        ZipError::Malformed(what) => Problem::new(format!("is a damaged archive: {what}")),
        ZipError::Limit(what) => Problem::new(what),
    }
}

/// What may still be read of the outermost archive.
struct Budget {
    entries: Cell<u64>,
    told: Cell<usize>,
    unpacked: Cell<u64>,
    most: u64,
}

impl Budget {
    /// Takes unpacked bytes off. Fails when there are none left.
    fn charge(&self, bytes: u64) -> io::Result<()> {
        let left = self.unpacked.get().checked_sub(bytes);
        self.unpacked.set(left.unwrap_or_default());
        left.map(drop)
            .ok_or_else(|| io::Error::other(format!("it unpacks to more than {} bytes", self.most)))
    }

    /// Takes off what the archive at `path` told of. Fails when that is more than is left.
    fn tell(&self, path: &str, packages: usize) -> Result<(), ZipError> {
        let told = packages * (1 + path.len() / USUAL_PATH);
        let left = self.told.get().checked_sub(told);
        self.told.set(left.ok_or_else(|| {
            ZipError::Limit(format!("tells of more than {TOLD} packages, or as much in long paths"))
        })?);
        Ok(())
    }
}

/// An archive within, whose bytes are unpacked on the way.
struct Within<'a, R> {
    inner: R,
    budget: &'a Budget,
}

impl<R: Read> Read for Within<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.budget.charge(read as u64)?;
        Ok(read)
    }
}

fn archive(
    kind: Kind,
    path: &str,
    source: &mut dyn BufRead,
    depth: usize,
    budget: &Budget,
    facts: &mut Facts,
) -> Result<(), ZipError> {
    let mut clues = Clues::default();
    let mut walk = Walk::new(source);
    let outcome = loop {
        let mut member = match walk.next() {
            Ok(Some(member)) => member,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        };
        if let Err(error) = one(kind, path, &mut member, &mut clues, depth, budget, facts) {
            break Err(error);
        }
        let skipped = member.skip(budget.unpacked.get());
        if let Err(error) = skipped.and_then(|bytes| Ok(budget.charge(bytes)?)) {
            break Err(error);
        }
    };
    if kind == Kind::Java {
        let before = facts.packages.len();
        clues.tell(path, facts);
        budget.tell(path, facts.packages.len() - before)?;
    }
    outcome
}

fn one(
    kind: Kind,
    path: &str,
    member: &mut Member<'_, '_>,
    clues: &mut Clues,
    depth: usize,
    budget: &Budget,
    facts: &mut Facts,
) -> Result<(), ZipError> {
    let left = budget.entries.get().checked_sub(1);
    budget
        .entries
        .set(left.ok_or_else(|| ZipError::Limit(format!("has more than {ENTRIES} entries")))?);
    let name = member.name().to_owned();
    if is_archive(&name) {
        if depth == 0 {
            facts.problem(Problem::new(format!("holds archives more than {DEPTH} deep")));
            return Ok(());
        }
        let inner = format!("{path}!/{name}");
        if inner.len() > PATH {
            facts.problem(Problem::new(format!(
                "holds an archive whose path has more than {PATH} bytes"
            )));
            return Ok(());
        }
        let mut source = BufReader::with_capacity(16 << 10, Within { inner: member, budget });
        // A damaged archive inside spoils itself only.
        let kind = Kind::of(&inner);
        return match archive(kind, &inner, &mut source, depth - 1, budget, facts) {
            Err(ZipError::Malformed(what)) => {
                facts.problem(Problem::new(format!("{name} in it is damaged: {what}")));
                Ok(())
            }
            other => other,
        };
    }
    let of_python = kind.tells_of_python(&name);
    if of_python || Clues::wants(&name) {
        let mut bytes = Vec::new();
        Within { inner: member, budget }.take(CLUE).read_to_end(&mut bytes)?;
        if of_python {
            let before = facts.packages.len();
            let entry = Entry { path, size: bytes.len() as u64, mode: 0 };
            if let Err(problem) = language::python_metadata(&entry, &bytes, facts) {
                facts.problem(problem);
            }
            return budget.tell(path, facts.packages.len() - before);
        }
        clues.add(&name, &String::from_utf8_lossy(&bytes));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
