//! How many requests were decided how, since the start.

use std::sync::atomic::{AtomicU64, Ordering};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Looked at and admitted.
    Allowed,
    /// Denied.
    Denied,
    /// Not understood.
    Erroneous,
    /// Of no kind that is looked at, or admission control is off.
    Ignored,
}

/// Counts since the start.
#[derive(Debug, Default)]
pub struct AdmissionStats {
    allowed: AtomicU64,
    denied: AtomicU64,
    erroneous: AtomicU64,
    ignored: AtomicU64,
    processing: AtomicU64,
}

impl AdmissionStats {
    /// A request has come in; it counts as being worked on until the guard drops.
    pub(super) fn begin(&self) -> Processing<'_> {
        self.processing.fetch_add(1, Ordering::Relaxed);
        Processing(self)
    }

    pub(super) fn count(&self, outcome: Outcome) {
        let (counter, label) = match outcome {
            Outcome::Allowed => (&self.allowed, "allowed"),
            Outcome::Denied => (&self.denied, "denied"),
            Outcome::Erroneous => (&self.erroneous, "erroneous"),
            Outcome::Ignored => (&self.ignored, "ignored"),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("palisade_agent_admission_requests_total", "outcome" => label)
            .increment(1);
    }

    /// Allowed, denied, erroneous, ignored, being worked on.
    pub fn read(&self) -> [u64; 5] {
        [&self.allowed, &self.denied, &self.erroneous, &self.ignored, &self.processing]
            .map(|counter| counter.load(Ordering::Relaxed))
    }
}

/// A request that is being worked on.
#[derive(Debug)]
pub(super) struct Processing<'a>(&'a AdmissionStats);

impl Drop for Processing<'_> {
    fn drop(&mut self) {
        self.0.processing.fetch_sub(1, Ordering::Relaxed);
    }
}
