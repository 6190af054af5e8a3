//! Intervals in brackets, as Maven and NuGet write them.

use std::ops::Bound;

use super::super::Scheme;
use super::interval::Interval;
use super::{Intervals, RangeError};

/// What a version without brackets means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bare {
    /// Itself alone. (To Maven it is a wish that any version fulfils; in an
    /// advisory it means itself.)
    Itself,
    /// Itself and all later ones.
    Lowest,
}

/// Most intervals of one range.
const MAX_INTERVALS: usize = 1_000;

/// Reads `[1.2,2.0),(,1.0],[3.1]`.
pub(super) fn parse(scheme: Scheme, bare: Bare, text: &str) -> Result<Intervals, RangeError> {
    let between = |c: char| c.is_whitespace() || matches!(c, ',' | '|');
    let mut intervals = Vec::new();
    let mut rest = text.trim_matches(between);
    if rest.is_empty() {
        return Err(RangeError::Empty);
    }
    while let Some(first) = rest.chars().next() {
        if intervals.len() == MAX_INTERVALS {
            return Err(RangeError::TooLong);
        }
        let (interval, after) = match first {
            '[' | '(' => {
                let end = rest.find([']', ')']).ok_or_else(|| wrong(rest))?;
                let inner = rest.get(1..end).unwrap_or_default();
                let close = rest.get(end..=end).unwrap_or_default();
                let interval = bracketed(inner, first == '[', close == "]")?;
                (interval, rest.get(end + 1..).unwrap_or_default())
            }
            _ => {
                let end = rest.find(|c: char| between(c) || matches!(c, '[' | '(' | ']' | ')'));
                let (version, after) =
                    rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or_default();
                if version.is_empty() {
                    return Err(wrong(rest));
                }
                let lower = Bound::Included(version.to_owned());
                let upper = if bare == Bare::Lowest { Bound::Unbounded } else { lower.clone() };
                (Interval::new(lower, upper), after)
            }
        };
        intervals.push(interval);
        rest = after.trim_start_matches(between);
    }
    Ok(Intervals::of(scheme, intervals))
}

/// What is between two brackets; whether each of them includes its bound.
fn bracketed(inner: &str, from: bool, to: bool) -> Result<Interval, RangeError> {
    let bound = |version: &str, included: bool| match version.trim() {
        "" => Bound::Unbounded,
        version if included => Bound::Included(version.to_owned()),
        version => Bound::Excluded(version.to_owned()),
    };
    let Some((lower, upper)) = inner.split_once(',') else {
        // One version stands for itself, which only square brackets can say.
        let version = bound(inner, true);
        let known = from && to && version != Bound::Unbounded;
        return known.then(|| Interval::new(version.clone(), version)).ok_or_else(|| wrong(inner));
    };
    if upper.contains(',') {
        return Err(wrong(inner));
    }
    Ok(Interval::new(bound(lower, from), bound(upper, to)))
}

fn wrong(text: &str) -> RangeError {
    RangeError::Version(text.chars().take(40).collect())
}

#[cfg(test)]
mod tests {
    use crate::version::range::{RangeError, Syntax};

    #[test]
    fn maven() {
        for (range, inside, outside) in [
            ("[1.0,2.0)", vec!["1.0", "1.9.9", "2.0-SNAPSHOT"], vec!["0.9", "2.0", "2.0.0.Final"]),
            ("(,1.0]", vec!["0.1", "1.0", "1.0.0"], vec!["1.0.1"]),
            ("(1.0,)", vec!["1.0.1", "2"], vec!["1.0", "1.0-rc1"]),
            ("[1.2.3]", vec!["1.2.3", "1.2.3.RELEASE"], vec!["1.2.4"]),
            ("1.2.3", vec!["1.2.3"], vec!["1.2.4"]),
            ("(,1.0],[1.2,)", vec!["1.0", "1.2"], vec!["1.1"]),
            ("(,1.1),(1.1,)", vec!["1.0", "1.2"], vec!["1.1"]),
            ("[2-alpha0,2.5.3.SP13],[2.6-alpha0, 2.6.1]", vec!["2.5.3.SP1"], vec!["2.5.4"]),
            ("(,1.0)[2.0]", vec!["0.9", "2.0"], vec!["1.0", "1.5"]),
            ("(,)", vec!["1", "2"], vec![]),
            ("[2.0,1.0]", vec![], vec!["1.0", "1.5", "2.0"]),
        ] {
            let set = Syntax::Maven.parse(range).unwrap();
            for version in inside {
                assert!(set.contains(version), "{range} {version}");
            }
            for version in outside {
                assert!(!set.contains(version), "{range} {version}");
            }
        }
    }

    #[test]
    fn nuget() {
        for (range, inside, outside) in [
            ("1.0", vec!["1.0", "2.0"], vec!["0.9", "1.0-beta"]),
            ("(1.0,)", vec!["1.0.0.1"], vec!["1.0"]),
            ("[1.0]", vec!["1.0.0.0"], vec!["1.0.0.1"]),
            ("[,1.11.10)", vec!["1.11.9"], vec!["1.11.10"]),
            ("[5.0,5.0.14],[6.0.0,6.0.2]", vec!["5.0.14", "6.0.0"], vec!["5.0.15", "6.0.0-RC.1.1"]),
        ] {
            let set = Syntax::NuGet.parse(range).unwrap();
            for version in inside {
                assert!(set.contains(version), "{range} {version}");
            }
            for version in outside {
                assert!(!set.contains(version), "{range} {version}");
            }
        }
    }

    #[test]
    fn what_is_no_range() {
        for text in ["[1.0", "(1.0)", "[]", "[1,2,3]", "]", "1)"] {
            let result = Syntax::Maven.parse(text);
            assert!(matches!(result, Err(RangeError::Version(_))), "{text} {result:?}");
        }
        assert_eq!(Syntax::Maven.parse(" , "), Err(RangeError::Empty));
        assert_eq!(Syntax::Maven.parse(&"[1]".repeat(1_001)), Err(RangeError::TooLong));
    }
}
