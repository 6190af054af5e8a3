//! Slows down guessing: after some failed logins of one name from one address,
//! or of many names from one address, further attempts have to wait, each
//! failure doubling the time.
//!
//! Never kept by name alone, so that a stranger cannot lock out a user.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::Digest;

/// Failures of one name from one address that cost nothing.
const FREE: u32 = 5;
/// Failures from one address that cost nothing: many people may share it.
const FREE_OF_ADDRESS: u32 = 50;
/// Longest wait.
const MAX_WAIT: TimeDelta = TimeDelta::seconds(60);
/// Failures older than this are forgotten.
const MEMORY: TimeDelta = TimeDelta::minutes(15);
/// Names and addresses that are remembered at most.
const MAX_ENTRIES: usize = 10_000;
/// What stays when there are more: who has many addresses shall not make us
/// forget all the others.
const KEPT_ENTRIES: usize = MAX_ENTRIES / 2;
/// The part of an address of IPv6 that is somebody's; the rest they choose
/// themselves, anew for each attempt if they like.
const PREFIX_OF_IPV6: Ipv6Addr = Ipv6Addr::new(0xffff, 0xffff, 0xffff, 0xffff, 0, 0, 0, 0);

/// The failures that are remembered.
#[derive(Debug, Default)]
pub struct Damper(Mutex<HashMap<Key, Failures>>);

/// Whose failures are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// A name from an address. Names are as long as strangers make them, so what is kept is
    /// a digest.
    Name(Digest, String),
    /// All names from an address.
    Address(String),
}

impl Key {
    fn both(name: &str, address: &str) -> [Self; 2] {
        let address = neighbourhood(address);
        [Self::Name(plain(name), address.clone()), Self::Address(address)]
    }

    const fn free(&self) -> u32 {
        match self {
            Self::Name(..) => FREE,
            Self::Address(_) => FREE_OF_ADDRESS,
        }
    }
}

/// A name as directories compare it, so that another way of writing it is no
/// other name.
fn plain(name: &str) -> Digest {
    Digest::of(name.trim().to_lowercase().as_bytes())
}

/// All addresses that whoever has this one has as well.
pub fn neighbourhood(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(address)) => (address & PREFIX_OF_IPV6).to_string(),
        _ => address.to_owned(),
    }
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: DateTime<Utc>,
}

impl Failures {
    /// Whether the next attempt has to wait still. A failure that is later than now by more
    /// than the wait is of a clock that was ahead: to wait until then could take days. By
    /// less it is of an attempt that came at once and asked the clock after this one.
    fn blocks(self, free: u32, now: DateTime<Utc>) -> bool {
        let over = self.count.saturating_sub(free);
        if over == 0 {
            return false;
        }
        let wait = TimeDelta::seconds(1_i64 << over.saturating_sub(1).min(10));
        (now - self.last).abs() < wait.min(MAX_WAIT)
    }
}

impl Damper {
    /// Whether a login has to wait still.
    pub fn blocks(&self, name: &str, address: &str, now: DateTime<Utc>) -> bool {
        // Before the lock: the digest of a long name takes its time.
        let keys = Key::both(name, address);
        let entries = self.entries();
        keys.iter()
            .any(|key| entries.get(key).is_some_and(|failures| failures.blocks(key.free(), now)))
    }

    /// Counts a failed login.
    pub fn failed(&self, name: &str, address: &str, now: DateTime<Utc>) {
        let keys = Key::both(name, address);
        let mut entries = self.entries();
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, failures| now - failures.last < MEMORY);
            if entries.len() >= MAX_ENTRIES {
                keep_worst(&mut entries);
            }
        }
        for key in keys {
            let entry = entries.entry(key).or_insert(Failures { count: 0, last: now });
            if now - entry.last >= MEMORY {
                entry.count = 0;
            }
            entry.count = entry.count.saturating_add(1);
            entry.last = now;
        }
    }

    /// Forgets the failures of a name before a login that succeeded. Those of
    /// its address stay: one good password must not pay for guessing others.
    pub fn succeeded(&self, name: &str, address: &str) {
        let [name, _] = Key::both(name, address);
        self.entries().remove(&name);
    }

    /// Forgets the failures of a user that an administrator unlocked.
    pub fn forget_user(&self, name: &str) {
        let name = plain(name);
        self.entries().retain(|key, _| !matches!(key, Key::Name(other, _) if *other == name));
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Key, Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Half of the entries: those with the most failures, and of these the latest.
fn keep_worst(entries: &mut HashMap<Key, Failures>) {
    let mut ranked: Vec<_> = entries.drain().collect();
    ranked.sort_unstable_by_key(|(_, failures)| Reverse((failures.count, failures.last)));
    ranked.truncate(KEPT_ENTRIES);
    entries.extend(ranked);
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
        assert!(damper.entries().len() <= MAX_ENTRIES + 2);
    }

    #[test]
    fn a_long_name_takes_no_more_room_than_a_short_one() {
        let damper = Damper::default();
        let long = "x".repeat(1 << 20);
        for name in [long.as_str(), "mary"] {
            for _ in 0..=FREE {
                damper.failed(name, "a", noon());
            }
            assert!(damper.blocks(name, "a", noon()));
        }
        assert!(!damper.blocks(&long[1..], "a", noon()));
        let kept = format!("{:?}", damper.entries());
        assert!(kept.len() < 4_096, "{} bytes", kept.len());
    }

    #[test]
    fn a_flood_of_others_makes_nobody_forgotten() {
        let damper = Damper::default();
        for _ in 0..=FREE {
            damper.failed("admin", "a", noon());
        }
        for guess in 0..=2 * MAX_ENTRIES {
            damper.failed("admin", &guess.to_string(), noon());
        }
        assert!(damper.blocks("admin", "a", noon()));
    }

    #[test]
    fn another_way_of_writing_a_name_or_an_address_is_no_other() {
        let damper = Damper::default();
        for (name, address) in [
            ("mary", "2001:db8:0:1::1"),
            ("Mary", "2001:db8:0:1::2"),
            ("MARY ", "2001:db8:0:1:ffff::"),
            (" mary", "2001:db8:0:1::3"),
            ("mARY", "2001:db8:0:1::4"),
            ("marY", "2001:db8:0:1::5"),
        ] {
            assert!(!damper.blocks("mary", "2001:db8:0:1::9", noon()));
            damper.failed(name, address, noon());
        }
        assert!(damper.blocks("mary", "2001:db8:0:1::9", noon()));
        assert!(!damper.blocks("mary", "2001:db8:0:2::1", noon()));
        damper.forget_user("Mary");
        assert!(!damper.blocks("mary", "2001:db8:0:1::9", noon()));
    }

    #[test]
    fn many_names_from_one_address_wait_too() {
        let damper = Damper::default();
        for guess in 0..=FREE_OF_ADDRESS {
            assert!(!damper.blocks(&guess.to_string(), "a", noon()));
            damper.failed(&guess.to_string(), "a", noon());
        }
        assert!(damper.blocks("unseen", "a", noon()));
        assert!(!damper.blocks("unseen", "b", noon()));
    }

    #[test]
    fn a_clock_that_was_ahead_makes_nobody_wait_for_it() {
        let damper = Damper::default();
        let ahead = noon() + TimeDelta::days(2);
        for _ in 0..=FREE {
            damper.failed("admin", "a", ahead);
        }
        assert!(damper.blocks("admin", "a", ahead));
        assert!(!damper.blocks("admin", "a", noon()));
        damper.failed("admin", "a", noon());
        assert!(damper.blocks("admin", "a", noon()));
    }

    #[test]
    fn an_attempt_that_asked_the_clock_before_a_failure_waits_too() {
        let damper = Damper::default();
        for _ in 0..=FREE {
            damper.failed("admin", "a", noon());
        }
        assert!(damper.blocks("admin", "a", noon() - TimeDelta::milliseconds(1)));
        assert!(!damper.blocks("admin", "a", noon() - TimeDelta::seconds(1)));
    }

    #[test]
    fn an_unlocked_user_may_try_at_once() {
        let damper = Damper::default();
        for _ in 0..=FREE {
            damper.failed("mary", "a", noon());
        }
        damper.forget_user("mary");
        assert!(!damper.blocks("mary", "a", noon()));
    }
}
