//! Whose word counts, and for what time.

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// A key or a certificate that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Believed<T> {
    /// Whose word it is.
    pub of: T,
    /// What happened in this time it may tell.
    pub period: Period,
}

/// A time; without a beginning or an end where none is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Period {
    /// Its first moment.
    pub start: Option<DateTime<Utc>>,
    /// Its last moment.
    pub end: Option<DateTime<Utc>>,
}

impl<T> From<T> for Believed<T> {
    /// Believed for ever.
    fn from(of: T) -> Self {
        Self { of, period: Period::default() }
    }
}

impl Period {
    /// Whether `time` is in it.
    pub fn has(&self, time: DateTime<Utc>) -> bool {
        self.start.is_none_or(|start| start <= time) && self.end.is_none_or(|end| time <= end)
    }
}

/// Those that are believed of what happened at `time`.
pub(super) fn at<T>(all: &[Believed<T>], time: DateTime<Utc>) -> Vec<&T> {
    all.iter().filter(|one| one.period.has(time)).map(|one| &one.of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_period_belong_to_it() {
        let time = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let period = |start: Option<i64>, end: Option<i64>| Period {
            start: start.map(time),
            end: end.map(time),
        };
        for (start, end, inside, outside) in [
            (None, None, vec![0, 5, 9], vec![]),
            (Some(3), None, vec![3, 9], vec![0, 2]),
            (None, Some(6), vec![0, 6], vec![7, 9]),
            (Some(3), Some(6), vec![3, 5, 6], vec![2, 7]),
        ] {
            let period = period(start, end);
            for seconds in inside {
                assert!(period.has(time(seconds)), "{period:?} {seconds}");
            }
            for seconds in outside {
                assert!(!period.has(time(seconds)), "{period:?} {seconds}");
            }
        }
    }
}
