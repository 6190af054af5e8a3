//! Counting and hashing what passes, and stopping at limits.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use palisade_api::Digest;
use ring::digest::Context;

use crate::error::LayerLimit;
use crate::limits::Limits;

/// Counts shared by the two ends of the decompression.
#[derive(Debug, Default)]
pub(super) struct Counts {
    compressed: Cell<u64>,
    unpacked: Cell<u64>,
    broken: Cell<Option<LayerLimit>>,
}

impl Counts {
    /// Bytes read from the source so far.
    pub(super) fn compressed(&self) -> u64 {
        self.compressed.get()
    }

    /// Bytes that came out of the decompression so far.
    pub(super) fn unpacked(&self) -> u64 {
        self.unpacked.get()
    }

    /// The limit that stopped the reading, if one did.
    pub(super) fn broken(&self) -> Option<LayerLimit> {
        self.broken.get()
    }
}

/// Hashes and counts the compressed bytes.
pub(super) struct Hashed<R> {
    inner: R,
    context: Context,
    counts: Rc<Counts>,
}

impl<R: Read> Hashed<R> {
    /// Hashes by the algorithm of the digest that is `expected`.
    pub(super) fn new(inner: R, expected: Digest, counts: Rc<Counts>) -> Self {
        Self { inner, context: expected.context(), counts }
    }

    /// The digest of all bytes that passed.
    pub(super) fn digest(&self) -> Digest {
        let digest = self.context.clone().finish();
        Digest::try_from(digest.as_ref()).unwrap_or_else(|_| Digest::from_bytes([0; 32]))
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.context.update(buffer.get(..read).unwrap_or_default());
        self.counts.compressed.set(self.counts.compressed.get() + read as u64);
        Ok(read)
    }
}

/// Counts unpacked bytes and fails when a limit is passed.
pub(super) struct Metered<R> {
    inner: R,
    counts: Rc<Counts>,
    unpacked_bytes: u64,
    free: u64,
    ratio: u64,
}

impl<R> Metered<R> {
    /// What was metered.
    pub(super) fn into_inner(self) -> R {
        self.inner
    }
}

impl<R: Read> Metered<R> {
    pub(super) fn new(inner: R, counts: Rc<Counts>, limits: &Limits) -> Self {
        Self {
            inner,
            counts,
            unpacked_bytes: limits.unpacked_bytes,
            free: limits.ratio_free_bytes,
            ratio: limits.ratio,
        }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let unpacked = self.counts.unpacked.get() + read as u64;
        self.counts.unpacked.set(unpacked);
        let limit = if unpacked > self.unpacked_bytes {
            Some(LayerLimit::Unpacked(self.unpacked_bytes))
        } else if unpacked > self.free
            && unpacked / self.ratio.max(1) > self.counts.compressed.get()
        {
            Some(LayerLimit::Ratio(self.ratio))
        } else {
            None
        };
        if limit.is_some() {
            self.counts.broken.set(limit);
            return Err(io::Error::other("limit passed"));
        }
        Ok(read)
    }
}
