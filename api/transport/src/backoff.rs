//! The pauses between attempts: decorrelated jitter, so that many agents that
//! lost the same primary do not come back at the same moment.

use std::time::Duration;

use rand::Rng;

/// The pauses between attempts to reach the primary.
#[derive(Clone, Debug)]
pub struct Backoff {
    least: Duration,
    most: Duration,
    last: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_millis(200), Duration::from_secs(30))
    }
}

impl Backoff {
    /// Pauses between `least` and `most`.
    pub const fn new(least: Duration, most: Duration) -> Self {
        Self { least, most, last: least }
    }

    /// The next pause: random between the least one and three times the last
    /// one, never above the most.
    pub fn next(&mut self, rng: &mut impl Rng) -> Duration {
        let ceiling = self.last.saturating_mul(3).min(self.most).max(self.least);
        self.last = rng.random_range(self.least..=ceiling);
        self.last
    }

    /// Starts over with short pauses. Called once the other side has shown that
    /// it works, not as soon as a connection stands.
    pub const fn reset(&mut self) {
        self.last = self.least;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn pauses_grow_within_their_bounds_and_start_over() {
        let mut rng = StdRng::seed_from_u64(7);
        let mut backoff = Backoff::default();
        let first = backoff.next(&mut rng);
        assert!((Duration::from_millis(200)..=Duration::from_millis(600)).contains(&first));
        let pauses: Vec<_> = (0..200).map(|_| backoff.next(&mut rng)).collect();
        assert!(
            pauses
                .iter()
                .all(|p| (Duration::from_millis(200)..=Duration::from_secs(30)).contains(p))
        );
        assert!(pauses.iter().max() > Some(&Duration::from_secs(10)));
        backoff.reset();
        assert!(backoff.next(&mut rng) <= Duration::from_millis(600));
    }
}
