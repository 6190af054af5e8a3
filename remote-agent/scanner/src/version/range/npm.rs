//! npm's ranges, as node-semver reads them when pre-releases are included.
//!
//! A bound that npm makes itself ends in `-0`, the earliest pre-release there
//! is: `^1.2` ends before `2.0.0-0`, so that `2.0.0-rc.1` is outside.

use std::ops::Bound;

use super::super::Scheme;
use super::lex::{Operator, Term};
use super::list::{alternatives, comparison};
use super::{Intervals, RangeError};

const SCHEME: Scheme = Scheme::SemVer;

/// Reads `^1.2 || ~2.0.1 || 3.x || 4 - 5`.
pub(super) fn parse(text: &str) -> Result<Intervals, RangeError> {
    alternatives(SCHEME, text, Some(&Intervals::all(SCHEME)), |term| match term {
        Term::Span(first, last) => {
            let full = Partial::parse(first).is_some_and(|first| first.is_full());
            // As npm does it: with the pre-releases of the first version.
            let earliest = format!("{first}-0");
            let first = if full && !first.contains(['-', '+']) { &earliest } else { first };
            let lower = single(Operator::GreaterOrEqual, first)?;
            Ok(lower.intersection(&single(Operator::LessOrEqual, last)?))
        }
        Term::Single(operator, version) => single(operator, version),
    })
}

/// A version of which the last numbers may be left open.
struct Partial<'a> {
    text: &'a str,
    major: Option<u64>,
    minor: Option<u64>,
    patch: Option<u64>,
}

fn single(operator: Operator, text: &str) -> Result<Intervals, RangeError> {
    let text = text.trim_start_matches(['v', 'V', '=']);
    let partial = Partial::parse(text).ok_or_else(|| RangeError::Version(text.to_owned()))?;
    let wrong = || RangeError::Operator(operator.text().to_owned());
    match operator {
        Operator::Caret => partial.caret(),
        Operator::Tilde | Operator::Pessimistic => partial.tilde(),
        Operator::Identical | Operator::NotEqual | Operator::Compatible => Err(wrong()),
        _ => partial.compared(operator),
    }
}

impl<'a> Partial<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let numbers = text.split(['-', '+']).next()?;
        let mut known = [None; 3];
        // More numbers than npm has are a full version all the same.
        for (place, part) in known.iter_mut().zip(numbers.split('.')) {
            if matches!(part, "x" | "X" | "*") {
                break;
            }
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            *place = Some(part.get(..digits)?.parse().ok()?);
            if digits < part.len() {
                // A pre-release without its hyphen.
                break;
            }
        }
        let [major, minor, patch] = known;
        Some(Self { text, major, minor, patch })
    }

    /// The first version that fits, and the first later one that does not,
    /// were the numbers that are told all that counted.
    fn span(&self) -> Result<(Bound<String>, Bound<String>), RangeError> {
        Ok(match (self.major, self.minor, self.patch) {
            (None, _, _) => (Bound::Unbounded, Bound::Unbounded),
            (Some(major), None, _) => {
                (Bound::Included(format!("{major}.0.0-0")), before(next(major)?, 0, 0))
            }
            (Some(major), Some(minor), None) => {
                (Bound::Included(format!("{major}.{minor}.0-0")), before(major, next(minor)?, 0))
            }
            (Some(_), Some(_), Some(_)) => (self.itself(), self.itself()),
        })
    }

    fn itself(&self) -> Bound<String> {
        Bound::Included(self.text.to_owned())
    }

    fn is_full(&self) -> bool {
        self.patch.is_some()
    }

    fn compared(&self, operator: Operator) -> Result<Intervals, RangeError> {
        if self.is_full() {
            return comparison(SCHEME, operator, self.text);
        }
        let (lower, upper) = self.span()?;
        let opposite = |bound| match bound {
            Bound::Included(version) => Some(Bound::Excluded(version)),
            Bound::Excluded(version) => Some(Bound::Included(version)),
            Bound::Unbounded => None,
        };
        let (lower, upper) = match operator {
            Operator::Less => match opposite(lower) {
                Some(upper) => (Bound::Unbounded, upper),
                None => return Ok(Intervals::none(SCHEME)),
            },
            Operator::Greater => match opposite(upper) {
                Some(lower) => (lower, Bound::Unbounded),
                None => return Ok(Intervals::none(SCHEME)),
            },
            Operator::LessOrEqual => (Bound::Unbounded, upper),
            Operator::GreaterOrEqual => (lower, Bound::Unbounded),
            _ => (lower, upper),
        };
        Ok(Intervals::between(SCHEME, lower, upper))
    }

    /// What leaves the leftmost number that is not zero as it is.
    fn caret(&self) -> Result<Intervals, RangeError> {
        let (lower, _) = self.span()?;
        let upper = match (self.major, self.minor, self.patch) {
            (None, _, _) => Bound::Unbounded,
            (Some(0), Some(0), Some(patch)) => before(0, 0, next(patch)?),
            (Some(0), Some(minor), _) => before(0, next(minor)?, 0),
            (Some(major), _, _) => before(next(major)?, 0, 0),
        };
        Ok(Intervals::between(SCHEME, lower, upper))
    }

    /// What leaves major and minor number as they are.
    fn tilde(&self) -> Result<Intervals, RangeError> {
        let (lower, _) = self.span()?;
        let upper = match (self.major, self.minor) {
            (None, _) => Bound::Unbounded,
            (Some(major), None) => before(next(major)?, 0, 0),
            (Some(major), Some(minor)) => before(major, next(minor)?, 0),
        };
        Ok(Intervals::between(SCHEME, lower, upper))
    }
}

fn before(major: u64, minor: u64, patch: u64) -> Bound<String> {
    Bound::Excluded(format!("{major}.{minor}.{patch}-0"))
}

fn next(number: u64) -> Result<u64, RangeError> {
    number.checked_add(1).ok_or_else(|| RangeError::Version(number.to_string()))
}

#[cfg(test)]
mod tests {
    use crate::version::range::{RangeError, Syntax};

    #[test]
    fn ranges() {
        for (range, inside, outside) in [
            ("^1.2.3", vec!["1.2.3", "1.9.0", "1.3.0-rc.1"], vec!["1.2.3-rc", "2.0.0-rc.1"]),
            ("^0.2.3", vec!["0.2.3", "0.2.9"], vec!["0.3.0", "0.3.0-0"]),
            ("^0.0.3", vec!["0.0.3"], vec!["0.0.4"]),
            ("^0.0", vec!["0.0.9"], vec!["0.1.0"]),
            ("^1.2.3-beta.2", vec!["1.2.3-beta.4", "1.2.3"], vec!["1.2.3-beta.1", "2.0.0"]),
            ("~1.2.3", vec!["1.2.9"], vec!["1.3.0", "1.2.2"]),
            ("~1.2", vec!["1.2.0"], vec!["1.3.0"]),
            ("~> 1", vec!["1.9.0"], vec!["2.0.0"]),
            ("1.x", vec!["1.0.0", "1.9.9"], vec!["2.0.0"]),
            ("1.2.*", vec!["1.2.0"], vec!["1.3.0"]),
            ("1", vec!["1.5.0"], vec!["2.0.0"]),
            ("", vec!["1.5.0"], vec![]),
            ("*", vec!["0.0.1-a"], vec![]),
            (">*", vec![], vec!["1.0.0"]),
            (">1", vec!["2.0.0"], vec!["1.9.9"]),
            ("<=1.2", vec!["1.2.9"], vec!["1.3.0"]),
            ("<4.0", vec!["3.9.9"], vec!["4.0.0", "4.0.0-beta"]),
            ("<4.0.0", vec!["3.9.9", "4.0.0-beta"], vec!["4.0.0"]),
            ("1.2 - 2.3", vec!["1.2.0", "2.3.9"], vec!["2.4.0"]),
            ("1.2.3 - 2.3.4", vec!["1.2.3", "2.3.4"], vec!["2.3.5"]),
            (">= 1.0.0 < 1.2.0 || >=2", vec!["1.1.9", "3.0.0"], vec!["1.2.0", "1.9.0"]),
            ("=1.2.3 || v2.0.0", vec!["1.2.3", "2.0.0"], vec!["1.2.4"]),
        ] {
            let set = Syntax::Npm.parse(range).unwrap();
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
        assert_eq!(Syntax::Npm.parse("!=1"), Err(RangeError::Operator("!=".to_owned())));
        for text in ["latest", "^", "^18446744073709551615", "1.99999999999999999999"] {
            let result = Syntax::Npm.parse(text);
            assert!(matches!(result, Err(RangeError::Version(_))), "{text} {result:?}");
        }
    }
}
