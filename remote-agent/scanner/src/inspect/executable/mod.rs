//! Programs and libraries in machine code: what compilers left in them, and
//! the words by which well-known programs tell their version.
//!
//! A file is read as a stream in overlapping windows, so that its size does
//! not matter. Those of moderate size are kept whole besides: only so can the
//! section of Rust's tools be found, and what old versions of Go wrote.

mod elf;
mod go;
mod rust;
mod words;

use std::io::{self, Read};

use super::{Entry, Facts, Problem};

/// Bytes of a file that is kept whole.
const WHOLE: usize = 16 << 20;
/// Bytes read at a time.
const WINDOW: usize = 512 << 10;
/// Bytes of a window that are looked at again with the next one: longer than
/// everything that is looked for.
const OVERLAP: usize = 1 << 10;
/// Fewer bytes hold no program.
const SMALLEST: u64 = 512;

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
    if entry.size < SMALLEST {
        return Ok(());
    }
    let mut window = Vec::with_capacity(16);
    content.take(16).read_to_end(&mut window)?;
    if !is_executable(&window) {
        return Ok(());
    }
    let is_elf = window.starts_with(b"\x7fELF");
    let keep = entry.size <= WHOLE as u64;
    let mut words = words::Search::of(entry);
    let mut build = go::Search::default();
    let mut whole = if keep { Vec::with_capacity(entry.size as usize) } else { Vec::new() };
    if keep {
        whole.extend_from_slice(&window);
        content.read_to_end(&mut whole)?;
        words.look(&whole);
        build.look(&whole);
    } else {
        window.reserve(WINDOW + OVERLAP);
        loop {
            let read = content.take(WINDOW as u64).read_to_end(&mut window)?;
            words.look(&window);
            build.look(&window);
            if read == 0 {
                break;
            }
            let from = window.len().saturating_sub(OVERLAP.max(build.needs()));
            window.drain(..from);
        }
    }
    if let Some(info) = build.finish(is_elf.then_some(&whole)) {
        go::tell(entry, &info, facts);
    }
    if is_elf && let Err(problem) = rust::read(entry, &whole, facts) {
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
