//! Slows down guessing: after some failed logins of one name from one address,
//! further attempts have to wait, each failure doubling the time.
//!
//! Kept by name and address, so that a stranger cannot lock out a user.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Failures that cost nothing.
const FREE: u32 = 5;
/// Longest wait.
const MAX_WAIT: TimeDelta = TimeDelta::seconds(60);
/// Failures older than this are forgotten.
const MEMORY: TimeDelta = TimeDelta::minutes(15);
/// Names and addresses that are remembered at most.
const MAX_ENTRIES: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Damper(Mutex<HashMap<(String, String), Failures>>);

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: DateTime<Utc>,
}

impl Failures {
    fn until(self) -> DateTime<Utc> {
        let over = self.count.saturating_sub(FREE);
        if over == 0 {
            return self.last;
        }
        let wait = TimeDelta::seconds(1_i64 << over.saturating_sub(1).min(10));
        self.last + wait.min(MAX_WAIT)
    }
}

impl Damper {
    /// Whether a login has to wait still.
    pub(super) fn blocks(&self, name: &str, address: &str, now: DateTime<Utc>) -> bool {
        let key = (name.to_owned(), address.to_owned());
        self.entries().get(&key).is_some_and(|failures| now < failures.until())
    }

    /// Counts a failed login.
    pub(super) fn failed(&self, name: &str, address: &str, now: DateTime<Utc>) {
        let mut entries = self.entries();
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, failures| now - failures.last < MEMORY);
            if entries.len() >= MAX_ENTRIES {
                entries.clear();
            }
        }
        let entry = entries
            .entry((name.to_owned(), address.to_owned()))
            .or_insert(Failures { count: 0, last: now });
        if now - entry.last >= MEMORY {
            entry.count = 0;
        }
        entry.count = entry.count.saturating_add(1);
        entry.last = now;
    }

    /// Forgets the failures before a login that succeeded.
    pub(super) fn succeeded(&self, name: &str, address: &str) {
        self.entries().remove(&(name.to_owned(), address.to_owned()));
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<(String, String), Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn some_failures_are_free_then_the_wait_doubles_up_to_a_minute() {
        let damper = Damper::default();
        for _ in 0..FREE {
            assert!(!damper.blocks("admin", "a", noon()));
            damper.failed("admin", "a", noon());
        }
        assert!(!damper.blocks("admin", "a", noon()));
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            damper.failed("admin", "a", noon());
            let end = noon() + TimeDelta::seconds(seconds);
            assert!(damper.blocks("admin", "a", end - TimeDelta::milliseconds(1)));
            assert!(!damper.blocks("admin", "a", end));
        }
    }

    #[test]
    fn others_are_not_locked_out_and_success_forgets() {
        let damper = Damper::default();
        for _ in 0..=FREE {
            damper.failed("admin", "a", noon());
        }
        assert!(damper.blocks("admin", "a", noon()));
        assert!(!damper.blocks("admin", "b", noon()));
        assert!(!damper.blocks("mary", "a", noon()));
        damper.succeeded("admin", "a");
        assert!(!damper.blocks("admin", "a", noon()));
    }

    #[test]
    fn memory_is_bounded() {
        let damper = Damper::default();
        for guess in 0..=MAX_ENTRIES {
            damper.failed(&guess.to_string(), "a", noon());
        }
        assert!(damper.entries().len() <= MAX_ENTRIES);
    }
}
