//! How much a member may send. A member that sends more is held back: what it
//! says is read later, and its neighbours do not feel it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use palisade_api::ClusterId;
use tokio::time::Instant;

/// Messages of the link, of which a well-behaved member sends a few a second.
const MESSAGES: Rate = Rate { burst: 4_000.0, a_second: 500.0 };
/// Events, together with their bytes: a thousand decisions a second are a lot.
const EVENTS: Rate = Rate { burst: 20_000.0, a_second: 2_000.0 };
const BYTES: Rate = Rate { burst: 32e6, a_second: 4e6 };
/// Requests for a whole log: one after damage, and then some patience.
const RESYNCS: Rate = Rate { burst: 6.0, a_second: 1.0 / 30.0 };
/// Configurations: each is a row.
const CONFIGURATIONS: Rate = Rate { burst: 20.0, a_second: 1.0 / 5.0 };

/// What may come at once, and how fast that grows again.
#[derive(Clone, Copy, Debug)]
struct Rate {
    burst: f64,
    a_second: f64,
}

/// A bucket that fills with time; it may be overdrawn, and is then waited for.
#[derive(Debug)]
struct Bucket {
    rate: Rate,
    level: f64,
    at: Instant,
}

impl Bucket {
    fn full(rate: Rate, now: Instant) -> Self {
        Self { rate, level: rate.burst, at: now }
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + passed * self.rate.a_second).min(self.rate.burst);
        self.at = now;
    }

    /// Takes `amount` and says how long to wait before more is read.
    fn take(&mut self, amount: f64, now: Instant) -> Duration {
        self.fill(now);
        self.level -= amount;
        Duration::from_secs_f64((-self.level / self.rate.a_second).max(0.0))
    }

    /// Takes one if there is one.
    fn try_take(&mut self, now: Instant) -> bool {
        self.fill(now);
        let there = self.level >= 1.0;
        if there {
            self.level -= 1.0;
        }
        there
    }

    fn is_full(&self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level + passed * self.rate.a_second >= self.rate.burst
    }
}

/// What one member may send, over all its connections.
#[derive(Debug)]
pub struct Allowance(Mutex<Buckets>);

#[derive(Debug)]
struct Buckets {
    messages: Bucket,
    events: Bucket,
    bytes: Bucket,
    resyncs: Bucket,
    configurations: Bucket,
}

impl Buckets {
    fn all(&self) -> [&Bucket; 5] {
        [&self.messages, &self.events, &self.bytes, &self.resyncs, &self.configurations]
    }
}

impl Allowance {
    fn new(now: Instant) -> Self {
        let full = |rate| Bucket::full(rate, now);
        Self(Mutex::new(Buckets {
            messages: full(MESSAGES),
            events: full(EVENTS),
            bytes: full(BYTES),
            resyncs: full(RESYNCS),
            configurations: full(CONFIGURATIONS),
        }))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Buckets) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts a message; says how long to wait before the next is read.
    pub fn message(&self) -> Duration {
        self.with(|it| it.messages.take(1.0, Instant::now()))
    }

    /// Counts events; says how long to wait before more is read.
    pub fn events(&self, events: usize, bytes: usize) -> Duration {
        let now = Instant::now();
        self.with(|it| it.events.take(events as f64, now).max(it.bytes.take(bytes as f64, now)))
    }

    /// Whether a whole log may be asked for once more.
    pub fn resync(&self) -> bool {
        self.with(|it| it.resyncs.try_take(Instant::now()))
    }

    /// Whether one more configuration may be stored.
    pub fn configuration(&self) -> bool {
        self.with(|it| it.configurations.try_take(Instant::now()))
    }
}

/// What each member may send. Those of members that have been quiet for long
/// enough to be allowed everything again are forgotten.
#[derive(Debug, Default)]
pub struct Allowances(Mutex<HashMap<ClusterId, Arc<Allowance>>>);

impl Allowances {
    /// What a member may send; one that reconnects goes on where it was.
    pub fn of(&self, cluster: ClusterId) -> Arc<Allowance> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if !all.contains_key(&cluster) {
            all.retain(|_, allowance| {
                Arc::strong_count(allowance) > 1
                    || !allowance.with(|it| it.all().iter().all(|bucket| bucket.is_full(now)))
            });
        }
        Arc::clone(all.entry(cluster).or_insert_with(|| Arc::new(Allowance::new(now))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(id: u128) -> ClusterId {
        format!("{id:032x}").parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_overdrawn_is_waited_for() {
        let allowances = Allowances::default();
        let allowance = allowances.of(cluster(1));
        assert_eq!(allowance.events(20_000, 0), Duration::ZERO);
        assert_eq!(allowance.events(2_000, 0), Duration::from_secs(1));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(allowance.events(0, 0), Duration::ZERO);
        // Of another member nothing is taken.
        assert_eq!(allowances.of(cluster(2)).events(20_000, 0), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn whole_logs_are_given_now_and_then_whatever_the_connection() {
        let allowances = Allowances::default();
        let asked = (0..100).filter(|_| allowances.of(cluster(1)).resync()).count();
        assert_eq!(asked, 6);
        tokio::time::advance(Duration::from_secs(30)).await;
        assert!(allowances.of(cluster(1)).resync());
        assert!(!allowances.of(cluster(1)).resync());
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_quiet_for_long_is_forgotten() {
        let allowances = Allowances::default();
        allowances.of(cluster(1)).resync();
        tokio::time::advance(Duration::from_hours(1)).await;
        allowances.of(cluster(2));
        assert_eq!(allowances.0.lock().unwrap().len(), 1);
    }
}
