//! How long a registry is waited for, and how often it is asked again.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, header};
use ring::rand::{SecureRandom as _, SystemRandom};

/// How long a registry is waited for, and how often it is asked again. The
/// defaults fit registries on the Internet.
#[derive(Clone, Debug)]
pub struct Patience {
    /// Until a connection stands.
    pub connect: Duration,
    /// Without a byte from the registry.
    pub idle: Duration,
    /// Over which the speed of a download is measured, not counting the time
    /// in which nobody reads.
    pub measure: Duration,
    /// Bytes a second below which a download counts as broken.
    pub slowest: u64,
    /// Tries for one request, and for a download that makes no progress.
    pub tries: u32,
    /// Before the second try; it doubles with each further one.
    pub first_pause: Duration,
    /// The longest pause that is waited out, whatever the registry asks for.
    pub longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            measure: Duration::from_secs(30),
            slowest: 1024,
            tries: 4,
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_mins(1),
        }
    }
}

impl Patience {
    /// How long to wait after try number `attempt` (from 1) failed: doubled
    /// each time, and up to half of it less by chance, so that many clients
    /// do not come back at once.
    pub(crate) fn pause(&self, attempt: u32) -> Duration {
        let full = self
            .first_pause
            .saturating_mul(1 << attempt.saturating_sub(1).min(10))
            .min(self.longest_pause);
        let mut byte = [0; 1];
        // Without randomness the pause is the full one.
        if SystemRandom::new().fill(&mut byte).is_err() {
            return full;
        }
        full.saturating_sub(full / 2 * u32::from(byte[0]) / 255)
    }
}

/// The pause that an answer asks for: `Retry-After` in seconds or as a date,
/// or the time when a limit on requests ends.
pub(crate) fn asked_pause(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let until = |at: DateTime<Utc>| (at - now).to_std().unwrap_or_default();
    if let Some(after) = text(header::RETRY_AFTER.as_str()) {
        return match after.parse() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => DateTime::parse_from_rfc2822(after).ok().map(|at| until(at.into())),
        };
    }
    // Docker Hub's own API tells a time, and so do GitHub and Quay.
    let reset = text("x-retry-after").or_else(|| {
        (text("x-ratelimit-remaining") == Some("0")).then(|| text("x-ratelimit-reset"))?
    });
    if let Some(at) = reset {
        return Some(until(DateTime::from_timestamp(at.parse().ok()?, 0)?));
    }
    if text("ratelimit-remaining").is_some_and(|left| first_number(left) == Some(0)) {
        return Some(Duration::from_secs(text("ratelimit-reset")?.parse().ok()?));
    }
    None
}

/// How many images a registry still gives, as Docker Hub tells it with each
/// manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Manifests in each window.
    pub limit: u64,
    /// Manifests left in this window.
    pub remaining: u64,
    /// The length of a window; zero when it is not told.
    pub window: Duration,
}

impl RateLimit {
    /// Reads `RateLimit-Limit: 100;w=21600` and `RateLimit-Remaining: 76;w=21600`.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let limit = text("ratelimit-limit")?;
        let window = limit
            .split(';')
            .find_map(|part| part.trim().strip_prefix("w=")?.parse().ok())
            .unwrap_or_default();
        Some(Self {
            limit: first_number(limit)?,
            remaining: first_number(text("ratelimit-remaining")?)?,
            window: Duration::from_secs(window),
        })
    }
}

fn first_number(text: &str) -> Option<u64> {
    text.split([';', ',']).next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        all.iter()
            .map(|(name, value)| {
                (header::HeaderName::from_static(name), HeaderValue::from_static(value))
            })
            .collect()
    }

    #[test]
    fn what_an_answer_asks_for() {
        let now = DateTime::parse_from_rfc3339("2026-01-01T00:00:00Z").unwrap().to_utc();
        let seconds = |all: &[(&'static str, &'static str)]| {
            asked_pause(&headers(all), now).map(|pause| pause.as_secs())
        };
        assert_eq!(seconds(&[]), None);
        assert_eq!(seconds(&[("retry-after", "7")]), Some(7));
        assert_eq!(seconds(&[("retry-after", "Thu, 01 Jan 2026 00:01:00 GMT")]), Some(60));
        assert_eq!(seconds(&[("retry-after", "Thu, 01 Jan 2015 00:01:00 GMT")]), Some(0));
        assert_eq!(seconds(&[("retry-after", "soon")]), None);
        assert_eq!(seconds(&[("x-retry-after", "1767225610")]), Some(10));
        let left = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1767225620")];
        assert_eq!(seconds(&left), Some(20));
        let left = [("x-ratelimit-remaining", "1"), ("x-ratelimit-reset", "1767225620")];
        assert_eq!(seconds(&left), None);
        assert_eq!(seconds(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "9")]), Some(9));
    }

    #[test]
    fn docker_hubs_limit() {
        let all = [("ratelimit-limit", "100;w=21600"), ("ratelimit-remaining", "76;w=21600")];
        let expected = RateLimit { limit: 100, remaining: 76, window: Duration::from_hours(6) };
        assert_eq!(RateLimit::read(&headers(&all)), Some(expected));
        assert_eq!(RateLimit::read(&headers(&all[..1])), None);
    }

    #[test]
    fn pauses_grow_up_to_a_bound() {
        let patience = Patience::default();
        for attempt in 1..40 {
            let full = patience.first_pause * (1 << (attempt - 1).min(10)).min(i32::MAX as u32);
            let full = full.min(patience.longest_pause);
            let pause = patience.pause(attempt);
            assert!(pause <= full && pause >= full / 2, "{attempt}: {pause:?}");
        }
    }
}
