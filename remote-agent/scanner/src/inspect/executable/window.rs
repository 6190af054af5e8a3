//! A file as a stream of windows. Each place of the file is the own of one
//! window, which has the [`OVERLAP`] bytes behind it as well: what is shorter
//! than that is never cut.

use std::io::{self, Read};

/// Bytes that are read at a time.
pub(super) const BYTES: usize = 256 << 10;
/// Bytes behind each place of a window at least, but for the end of the file.
pub(super) const OVERLAP: usize = 1 << 10;

/// A part of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window<'a> {
    /// Where it begins in the file.
    pub(super) start: u64,
    pub(super) bytes: &'a [u8],
    /// Places before this one are the window's own.
    pub(super) own: usize,
}

impl<'a> Window<'a> {
    /// The bytes from a place of the file on, where the window has it.
    pub(super) fn from(&self, place: u64) -> Option<&'a [u8]> {
        let at = usize::try_from(place.checked_sub(self.start)?).ok()?;
        self.bytes.get(at..)
    }
}

/// The windows of a file.
pub(super) struct Windows<'a> {
    content: &'a mut dyn Read,
    step: usize,
    start: u64,
    bytes: Vec<u8>,
    /// Places that the last window had for its own.
    own: usize,
    ended: bool,
}

impl<'a> Windows<'a> {
    /// The windows of `head` and what follows it.
    pub(super) fn new(head: Vec<u8>, content: &'a mut dyn Read, step: usize) -> Self {
        Self { content, step, start: 0, bytes: head, own: 0, ended: false }
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Window<'_>>> {
        if self.ended {
            return Ok(None);
        }
        self.bytes.drain(..self.own);
        self.start += self.own as u64;
        let wanted = (self.step + OVERLAP).saturating_sub(self.bytes.len());
        self.bytes.reserve(wanted);
        let read = self.content.take(wanted as u64).read_to_end(&mut self.bytes)?;
        self.ended = read < wanted;
        let behind = if self.ended { 0 } else { OVERLAP };
        self.own = self.bytes.len().saturating_sub(behind);
        Ok(Some(Window { start: self.start, bytes: &self.bytes, own: self.own }))
    }
}

/// Bytes of a known place that are gathered as they come.
#[derive(Clone, Debug)]
pub(super) struct Span {
    start: u64,
    length: usize,
    bytes: Vec<u8>,
}

impl Span {
    pub(super) fn new(start: u64, length: usize) -> Self {
        Self { start, length, bytes: Vec::new() }
    }

    /// Takes what the window has of it. Windows before its start do no harm.
    pub(super) fn take(&mut self, window: &Window<'_>) {
        let left = self.length - self.bytes.len();
        if left > 0
            && let Some(more) = window.from(self.start + self.bytes.len() as u64)
        {
            self.bytes.extend_from_slice(more.get(..left).unwrap_or(more));
        }
    }

    /// The bytes that have come.
    pub(super) fn so_far(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, once all are there.
    pub(super) fn complete(&self) -> Option<&[u8]> {
        (self.bytes.len() == self.length).then_some(&self.bytes)
    }
}
