//! Composer's constraints.
//!
//! A bound that Composer makes itself ends in `-dev`, before every other
//! stability; so does one that is written without a stability after `<` and
//! `>=`.

use std::ops::Bound;

use super::super::Scheme;
use super::lex::{Operator, Term};
use super::list::{alternatives, comparison};
use super::{Intervals, RangeError};

const SCHEME: Scheme = Scheme::Composer;

/// Reads `^1.2 || ~2.3 || 3.* || 4.0 - 5.0`.
pub(super) fn parse(text: &str) -> Result<Intervals, RangeError> {
    alternatives(SCHEME, text, None, |term| match term {
        Term::Span(first, last) => span(&Constraint::parse(first)?, &Constraint::parse(last)?),
        Term::Single(operator, version) => single(operator, &Constraint::parse(version)?),
    })
}

/// A version in a constraint.
struct Constraint<'a> {
    /// Without the stability flag and the metadata.
    text: &'a str,
    /// The numbers at its start, at most four.
    numbers: Vec<u64>,
    /// Whether `*` or `x` stands for the numbers after those.
    open: bool,
    /// Whether a stability is told, or it is a branch.
    stability: bool,
}

impl<'a> Constraint<'a> {
    fn parse(text: &'a str) -> Result<Self, RangeError> {
        let wrong = || RangeError::Version(text.to_owned());
        let plain = text.split(['@', '#', '+']).next().unwrap_or_default();
        let plain = plain.trim_start_matches(['v', 'V']);
        let mut constraint =
            Self { text: plain, numbers: Vec::new(), open: false, stability: false };
        let mut rest = plain;
        loop {
            if let Some(after) = rest.strip_prefix(['*', 'x', 'X']) {
                constraint.open = true;
                rest = after.trim_start_matches(['.', '*', 'x', 'X']);
                break;
            }
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, after) = rest.split_at_checked(digits).ok_or_else(wrong)?;
            if number.is_empty() {
                break;
            }
            if constraint.numbers.len() < 4 {
                constraint.numbers.push(number.parse().map_err(|_| wrong())?);
            }
            rest = after;
            match rest.strip_prefix('.') {
                Some(after) => rest = after,
                None => break,
            }
        }
        if constraint.numbers.is_empty() && !constraint.open && !rest.starts_with("dev-") {
            return Err(wrong());
        }
        constraint.stability = !rest.is_empty();
        Ok(constraint)
    }

    /// The earliest version that this can mean.
    fn earliest(&self) -> String {
        if self.stability { self.text.to_owned() } else { dev(&self.numbers) }
    }

    /// The bound before the next version in which the number at `place` is
    /// one higher.
    fn before_next(&self, place: usize) -> Result<Bound<String>, RangeError> {
        let mut numbers: Vec<u64> = self.numbers.iter().copied().take(place + 1).collect();
        numbers.resize(place + 1, 0);
        let last = numbers.last_mut().and_then(|last| {
            *last = last.checked_add(1)?;
            Some(())
        });
        last.ok_or_else(|| RangeError::Version(self.text.to_owned()))?;
        Ok(Bound::Excluded(dev(&numbers)))
    }
}

fn dev(numbers: &[u64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    format!("{}-dev", numbers.join("."))
}

fn single(operator: Operator, version: &Constraint<'_>) -> Result<Intervals, RangeError> {
    let count = version.numbers.len();
    let from = || Bound::Included(version.earliest());
    let (lower, upper) = match operator {
        // `*` of all numbers.
        _ if version.open && count == 0 => (Bound::Unbounded, Bound::Unbounded),
        Operator::Bare | Operator::Equal if version.open => {
            (from(), version.before_next(count - 1)?)
        }
        Operator::NotEqual if version.open => {
            return Ok(single(Operator::Equal, version)?.complement());
        }
        Operator::Less => (Bound::Unbounded, Bound::Excluded(version.earliest())),
        Operator::GreaterOrEqual => (from(), Bound::Unbounded),
        Operator::Caret if count > 0 => {
            // The leftmost number that is not zero; when all are zero the
            // last one that is told.
            let leftmost = version.numbers.iter().take(3).position(|number| *number > 0);
            let place = leftmost.unwrap_or_else(|| count.min(3) - 1);
            (from(), version.before_next(place)?)
        }
        // The last number that is told may grow, the one before may not.
        Operator::Tilde if count > 0 => (from(), version.before_next(count.max(2) - 2)?),
        _ => return comparison(SCHEME, operator, version.text),
    };
    Ok(Intervals::between(SCHEME, lower, upper))
}

/// `1.0 - 2.0`: to the end of what is told of the last.
fn span(first: &Constraint<'_>, last: &Constraint<'_>) -> Result<Intervals, RangeError> {
    let lower = Bound::Included(first.earliest());
    let count = last.numbers.len();
    let upper = if count == 0 || count >= 3 || last.stability {
        Bound::Included(last.text.to_owned())
    } else {
        last.before_next(count - 1)?
    };
    Ok(Intervals::between(SCHEME, lower, upper))
}

#[cfg(test)]
mod tests {
    use crate::version::range::{RangeError, Syntax};

    #[test]
    fn constraints() {
        for (range, inside, outside) in [
            ("^1.2.3", vec!["1.2.3", "1.9", "1.2.3-beta"], vec!["1.2.2", "2.0.0-alpha"]),
            ("^0.3", vec!["0.3.9"], vec!["0.4.0"]),
            ("^0.0.3", vec!["0.0.3"], vec!["0.0.4"]),
            ("^0.0", vec!["0.0.9"], vec!["0.1"]),
            ("^0", vec!["0.9"], vec!["1.0"]),
            ("^1.2.3-beta.2", vec!["1.2.3-beta2", "1.2.3"], vec!["1.2.3-beta1"]),
            ("~1.2", vec!["1.2", "1.9"], vec!["2.0", "1.1"]),
            ("~1.2.3", vec!["1.2.9"], vec!["1.3.0"]),
            ("~1", vec!["1.9"], vec!["2.0"]),
            ("1.2.*", vec!["1.2.0-dev", "1.2.9"], vec!["1.3.0-dev"]),
            ("1.x", vec!["1.9"], vec!["2.0"]),
            ("*", vec!["0.1", "dev-main"], vec![]),
            ("!=1.2.*", vec!["1.3"], vec!["1.2.5"]),
            ("1.0 - 2.0", vec!["1.0", "2.0.9"], vec!["2.1"]),
            ("1.0.0 - 2.1.0", vec!["2.1.0"], vec!["2.1.1"]),
            ("<2.0", vec!["1.9.9"], vec!["2.0", "2.0-beta", "2.0-dev"]),
            ("<2.0-stable", vec!["2.0-beta"], vec!["2.0"]),
            (">=2.0", vec!["2.0-beta", "2.0"], vec!["1.9.9"]),
            (">2.0", vec!["2.0.1", "2.0-p1"], vec!["2.0"]),
            ("<=2.0", vec!["2.0", "2.0-beta"], vec!["2.0.1"]),
            (">=1.0,<1.1 || >=1.2", vec!["1.0.5", "1.3"], vec!["1.1"]),
            (">=1.0 <1.1 | 1.2@dev", vec!["1.0.5", "1.2"], vec!["1.1"]),
            ("dev-main", vec!["dev-main"], vec!["dev-other", "1.0"]),
            ("!=1.5", vec!["1.4"], vec!["1.5.0"]),
        ] {
            let set = Syntax::Composer.parse(range).unwrap();
            for version in inside {
                assert!(set.contains(version), "{range} {version} {set:?}");
            }
            for version in outside {
                assert!(!set.contains(version), "{range} {version} {set:?}");
            }
        }
    }

    #[test]
    fn what_is_no_constraint() {
        assert_eq!(Syntax::Composer.parse(""), Err(RangeError::Empty));
        for text in ["foo", ">=", "^18446744073709551615", "^dev-main"] {
            assert!(Syntax::Composer.parse(text).is_err(), "{text}");
        }
    }
}
