//! Ruby's requirements.

use std::ops::Bound;

use super::super::Scheme;
use super::lex::{Operator, Term};
use super::list::{alternatives, comparison};
use super::{Intervals, RangeError};

const SCHEME: Scheme = Scheme::Gem;

/// Reads `~> 2.2, >= 2.2.5`.
pub(super) fn parse(text: &str) -> Result<Intervals, RangeError> {
    alternatives(SCHEME, text, None, |term| match term {
        Term::Single(Operator::Pessimistic, version) => Ok(Intervals::between(
            SCHEME,
            Bound::Included(version.to_owned()),
            Bound::Excluded(bumped(version)?),
        )),
        Term::Single(operator, version) => {
            let known = version.starts_with(|c: char| c.is_ascii_digit());
            let known = known.then_some(version);
            let version = known.ok_or_else(|| RangeError::Version(version.to_owned()))?;
            comparison(SCHEME, operator, version)
        }
        Term::Span(_, _) => Err(RangeError::Operator("-".to_owned())),
    })
}

/// The bound of `~>`: the last number but one of the release, one higher, and
/// before its pre-releases, of which `A` is the first.
fn bumped(version: &str) -> Result<String, RangeError> {
    let wrong = || RangeError::Version(version.to_owned());
    let release = version.split('-').next().unwrap_or_default();
    let mut numbers = Vec::new();
    for part in release.split('.') {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        if let Some(number) = part.get(..digits).filter(|digits| !digits.is_empty()) {
            numbers.push(number.parse::<u64>().map_err(|_| wrong())?);
        }
        if digits < part.len() {
            break;
        }
    }
    if numbers.len() > 1 {
        numbers.pop();
    }
    let last = numbers.pop().and_then(|last| last.checked_add(1)).ok_or_else(wrong)?;
    numbers.push(last);
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    Ok(format!("{}.A", numbers.join(".")))
}

#[cfg(test)]
mod tests {
    use crate::version::range::{RangeError, Syntax};

    #[test]
    fn requirements() {
        for (range, inside, outside) in [
            ("~> 2.2", vec!["2.2", "2.9"], vec!["3.0", "3.0.rc1", "2.1"]),
            ("~> 2.2.0", vec!["2.2.0", "2.2.9"], vec!["2.3", "2.3.0.pre"]),
            ("~> 2.2.0.1", vec!["2.2.0.1", "2.2.0.9"], vec!["2.2.1"]),
            ("~> 2", vec!["2.9"], vec!["3"]),
            ("~> 2.0.0.rc1", vec!["2.0.0.rc2", "2.0.9"], vec!["2.1.0"]),
            ("~> 2.2, >= 2.2.5", vec!["2.2.5", "2.3"], vec!["2.2.4", "3.0"]),
            (">=1.5 <1.5.11 || >=1.6 <1.6.1", vec!["1.5.10", "1.6.0"], vec!["1.5.11", "1.6.1"]),
            ("= 1.0", vec!["1.0.0"], vec!["1.0.1"]),
            ("1.0", vec!["1"], vec!["1.0.1"]),
            ("!= 1.0", vec!["1.0.1", "1.0.a"], vec!["1.0.0"]),
            (">2.0.0.rc3", vec!["2.0.0"], vec!["2.0.0.rc3", "2.0.0.rc2"]),
        ] {
            let set = Syntax::Gem.parse(range).unwrap();
            for version in inside {
                assert!(set.contains(version), "{range} {version} {set:?}");
            }
            for version in outside {
                assert!(!set.contains(version), "{range} {version} {set:?}");
            }
        }
    }

    #[test]
    fn what_is_no_requirement() {
        assert_eq!(Syntax::Gem.parse(""), Err(RangeError::Empty));
        assert_eq!(Syntax::Gem.parse("^1"), Err(RangeError::Operator("^".to_owned())));
        for text in ["~> a", ">= x", "1 - 2", "~> 99999999999999999999"] {
            assert!(Syntax::Gem.parse(text).is_err(), "{text}");
        }
    }
}
