//! What is read of a document: hashed, and bounded from record to record.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use ring::digest::{Context, Digest, SHA256};

/// Bytes that may be read before the next record begins.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    left: Rc<Cell<u64>>,
    full: u64,
}

impl Budget {
    pub(super) fn new(full: u64) -> Self {
        Self { left: Rc::new(Cell::new(full)), full }
    }

    /// A record begins.
    pub(super) fn refill(&self) {
        self.left.set(self.full);
    }

    /// No record is held any more.
    pub(super) fn lift(&self) {
        self.left.set(u64::MAX);
    }

    fn spend(&self, bytes: usize) -> io::Result<()> {
        let left = self.left.get().checked_sub(bytes as u64);
        self.left.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or_else(|| {
            let text = format!("a record of more than {} bytes", self.full);
            io::Error::new(io::ErrorKind::InvalidData, text)
        })
    }
}

/// A reader whose content is hashed.
pub(super) struct Hashed<R> {
    inner: R,
    context: Context,
    budget: Budget,
}

impl<R: Read> Hashed<R> {
    pub(super) fn new(inner: R, budget: Budget) -> Self {
        Self { inner, context: Context::new(&SHA256), budget }
    }

    pub(super) fn finish(self) -> Digest {
        self.context.finish()
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(to)?;
        self.context.update(to.get(..read).unwrap_or_default());
        self.budget.spend(read)?;
        Ok(read)
    }
}
