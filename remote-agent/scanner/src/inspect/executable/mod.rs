//! Programs and libraries in machine code: what compilers left in them, and
//! the words by which well-known programs tell their version.
//!
//! A file is read once, as a stream of overlapping [`window`]s, so that its
//! size does not matter. What stands where only a later part of the file tells
//! is kept as a candidate until that part has come.

mod bundle;
mod elf;
mod go;
mod rust;
mod window;
mod words;

use std::io::{self, Read};

use elf::Elf;
use window::Windows;

use super::{Entry, Facts, Problem, archive};

/// Fewer bytes hold no program: its header alone has as many.
const SMALLEST: u64 = 64;

/// Whether bytes begin as a program does: ELF, PE, Mach-O.
pub(super) fn is_executable(head: &[u8]) -> bool {
    head.starts_with(b"\x7fELF")
        || head.starts_with(b"MZ")
        || [
            [0xfe, 0xed, 0xfa, 0xce],
            [0xfe, 0xed, 0xfa, 0xcf],
            [0xce, 0xfa, 0xed, 0xfe],
            [0xcf, 0xfa, 0xed, 0xfe],
            [0xca, 0xfe, 0xba, 0xbe],
        ]
        .iter()
        .any(|magic| head.starts_with(magic) && !is_java_class(head))
}

/// Java's classes begin as fat Mach-O files do, but with a version of 45 or
/// more where those have a small number of parts.
fn is_java_class(head: &[u8]) -> bool {
    head.starts_with(&[0xca, 0xfe, 0xba, 0xbe]) && head.get(7).is_none_or(|number| *number >= 40)
}

/// Reads the file, if it is a program, and notes what is in it. Fails when
/// `content` cannot be read.
pub(super) fn read(entry: &Entry<'_>, content: &mut dyn Read, facts: &mut Facts) -> io::Result<()> {
    read_by(window::BYTES, entry, content, facts)
}

/// Reads the file `step` bytes at a time.
fn read_by(
    step: usize,
    entry: &Entry<'_>,
    content: &mut dyn Read,
    facts: &mut Facts,
) -> io::Result<()> {
    if entry.size < SMALLEST {
        return Ok(());
    }
    let mut head = Vec::with_capacity(16);
    content.take(16).read_to_end(&mut head)?;
    if !is_executable(&head) {
        return archive::program(entry, &mut head.as_slice().chain(content), facts);
    }
    let mut words = words::Search::of(entry);
    let mut build = go::Search::default();
    let mut bundle = bundle::Search::default();
    let mut crates = None;
    let mut windows = Windows::new(head, content, step);
    let mut elf = None;
    while let Some(window) = windows.next()? {
        if window.start == 0 {
            elf = Elf::parse(window.bytes);
            crates = elf.as_ref().map(rust::Search::new);
        }
        words.look(&window);
        build.look(&window, elf.as_ref());
        bundle.look(&window);
        if let Some(crates) = &mut crates {
            crates.look(&window);
        }
    }
    if let Some(info) = build.finish(elf.as_ref()) {
        let in_words = words.found("kubernetes").or_else(|| words.found(words::OF_GO));
        go::tell(entry, &info, in_words, facts);
    }
    if let Some(crates) = crates
        && let Err(problem) = crates.tell(entry, facts)
    {
        facts.problem(problem);
    }
    if let Err(problem) = bundle.tell(entry, facts) {
        facts.problem(problem);
    }
    words.tell(entry, facts);
    Ok(())
}

/// A text from a program, if it is one of reasonable length.
fn text(bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).map_err(|_| Problem::new("holds build information that is no text"))
}

#[cfg(test)]
mod tests;
