//! Python's version specifiers, PEP 440.
//!
//! Most of them do not end at a version that is written but just before or
//! after all that belong to it: `<=1.7` holds for `1.7+local`, `<1.7` does not
//! hold for `1.7rc1`, `>1.7` does not hold for `1.7.post1`. There is a version
//! at each of these places, save after all post-releases of one, for which
//! [`LAST_POST`] stands.

use std::ops::Bound;

use super::super::Scheme;
use super::super::pep440::{Phase, Version, numbers};
use super::lex::{Operator, Term};
use super::list::alternatives;
use super::{Intervals, RangeError};

const SCHEME: Scheme = Scheme::Pep440;

/// A number that no post-release reaches.
const LAST_POST: &str = "post18446744073709551615";

/// Reads `~=1.4.2, !=1.4.5 || ==2.*`.
pub(super) fn parse(text: &str) -> Result<Intervals, RangeError> {
    alternatives(SCHEME, text, None, |term| match term {
        Term::Single(operator, version) => single(operator, version),
        Term::Span(_, _) => Err(RangeError::Operator("-".to_owned())),
    })
}

fn single(operator: Operator, text: &str) -> Result<Intervals, RangeError> {
    if operator == Operator::Identical {
        return Ok(Intervals::exactly(SCHEME, text));
    }
    let of_prefix = matches!(operator, Operator::Bare | Operator::Equal | Operator::NotEqual);
    if let Some(prefix) = text.strip_suffix(".*")
        && of_prefix
    {
        let family = family(&Specified::parse(prefix)?)?;
        return Ok(if operator == Operator::NotEqual { family.complement() } else { family });
    }
    // A dot too many is a slip that advisories have.
    let version = Specified::parse(text.trim_end_matches('.'))?;
    let included = |version: &Specified<'_>| Bound::Included(version.text.to_owned());
    let (lower, upper) = match operator {
        Operator::Less => (Bound::Unbounded, Bound::Excluded(version.first())),
        Operator::LessOrEqual => (Bound::Unbounded, version.after_locals()?),
        Operator::Greater => (version.after_own()?, Bound::Unbounded),
        Operator::GreaterOrEqual => (included(&version), Bound::Unbounded),
        Operator::Bare | Operator::Equal => (included(&version), version.after_locals()?),
        Operator::NotEqual => return Ok(single(Operator::Equal, text)?.complement()),
        Operator::Compatible => {
            let release: Vec<&str> = version.release().collect();
            let Some((_, prefix @ [_, ..])) = release.split_last() else {
                return Err(RangeError::Version(text.to_owned()));
            };
            let prefix = format!("{}{}", version.epoch(), prefix.join("."));
            let family = family(&Specified::parse(&prefix)?)?;
            let from = Intervals::between(SCHEME, included(&version), Bound::Unbounded);
            return Ok(from.intersection(&family));
        }
        _ => return Err(RangeError::Operator(operator.text().to_owned())),
    };
    Ok(Intervals::between(SCHEME, lower, upper))
}

/// All versions whose release starts with that of `prefix`.
fn family(prefix: &Specified<'_>) -> Result<Intervals, RangeError> {
    let version = &prefix.version;
    if version.early.is_some() || version.post.is_some() || version.local.is_some() {
        return Err(RangeError::Version(format!("{}.*", prefix.text)));
    }
    let release: Vec<&str> = prefix.release().collect();
    let (last, before) = release.split_last().ok_or(RangeError::Empty)?;
    let mut next: Vec<&str> = before.to_vec();
    let number = incremented(last)?;
    next.push(&number);
    let epoch = prefix.epoch();
    Ok(Intervals::between(
        SCHEME,
        Bound::Included(format!("{epoch}{}.dev0", release.join("."))),
        Bound::Excluded(format!("{epoch}{}.dev0", next.join("."))),
    ))
}

fn incremented(digits: &str) -> Result<String, RangeError> {
    let number: Option<u64> = if digits.is_empty() { Some(0) } else { digits.parse().ok() };
    let next = number.and_then(|number| number.checked_add(1));
    next.map(|next| next.to_string()).ok_or_else(|| RangeError::Version(digits.to_owned()))
}

/// A version in a specifier.
struct Specified<'a> {
    text: &'a str,
    version: Version<'a>,
}

impl<'a> Specified<'a> {
    fn parse(text: &'a str) -> Result<Self, RangeError> {
        let version = Version::parse(text.as_bytes());
        let version = version.ok_or_else(|| RangeError::Version(text.to_owned()))?;
        Ok(Self { text, version })
    }

    /// `1!`, where there is an epoch.
    fn epoch(&self) -> String {
        if self.version.epoch.is_zero() {
            String::new()
        } else {
            format!("{}!", ascii(self.version.epoch.0))
        }
    }

    fn release(&self) -> impl Iterator<Item = &'a str> {
        numbers(self.version.release).map(|number| ascii(number.0))
    }

    /// Epoch, release and the phase with its number, in the normal spelling.
    fn up_to_phase(&self) -> String {
        let release = ascii(self.version.release);
        let phase = match self.version.early {
            Some((Phase::Alpha, number)) => format!("a{}", number_text(number.0)),
            Some((Phase::Beta, number)) => format!("b{}", number_text(number.0)),
            Some((Phase::Candidate, number)) => format!("rc{}", number_text(number.0)),
            None => String::new(),
        };
        format!("{}{release}{phase}", self.epoch())
    }

    /// The first of all versions that are pre-releases of this one, or itself
    /// where it is one.
    fn first(&self) -> String {
        let version = &self.version;
        let plain = version.dev.is_none() && version.early.is_none();
        match version.local {
            None if plain => format!("{}.dev0", self.text),
            _ => self.text.to_owned(),
        }
    }

    /// Just after this version with any local part.
    fn after_locals(&self) -> Result<Bound<String>, RangeError> {
        let version = &self.version;
        if version.local.is_some() {
            return Ok(Bound::Included(self.text.to_owned()));
        }
        let start = self.up_to_phase();
        let post = version.post.map(|number| number_text(number.0));
        Ok(Bound::Excluded(match (post, version.dev) {
            (post, Some(dev)) => {
                let post = post.map(|number| format!(".post{number}")).unwrap_or_default();
                format!("{start}{post}.dev{}", incremented(ascii(dev.0))?)
            }
            (Some(number), None) => format!("{start}.post{}.dev0", incremented(number)?),
            (None, None) => format!("{start}.post0.dev0"),
        }))
    }

    /// Just after this version, its local parts and its post-releases.
    fn after_own(&self) -> Result<Bound<String>, RangeError> {
        let version = &self.version;
        if version.local.is_some() {
            return Ok(Bound::Excluded(self.text.to_owned()));
        }
        if version.post.is_some() || version.dev.is_some() {
            return Ok(match self.after_locals()? {
                Bound::Excluded(next) => Bound::Included(next),
                other => other,
            });
        }
        Ok(Bound::Excluded(format!("{}.{LAST_POST}", self.up_to_phase())))
    }
}

fn number_text(digits: &[u8]) -> &str {
    if digits.is_empty() { "0" } else { ascii(digits) }
}

/// Digits and dots as text; they are ASCII.
fn ascii(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::version::range::{RangeError, Syntax};

    #[test]
    fn specifiers() {
        for (range, inside, outside) in [
            ("~=2.2", vec!["2.2", "2.9", "2.2.post3"], vec!["3.0", "3.0.dev1", "2.1", "2.2a1"]),
            ("~=1.4.5", vec!["1.4.5", "1.4.9"], vec!["1.5", "1.4.4"]),
            ("~=2.2.post3", vec!["2.2.post3", "2.3"], vec!["3", "2.2"]),
            ("==1.1", vec!["1.1", "1.1.0", "1.1+local"], vec!["1.1.post1", "1.1a1", "1.1.dev1"]),
            ("==1.1.post1", vec!["1.1-1"], vec!["1.1", "1.1.post2"]),
            ("==1.1.*", vec!["1.1", "1.1.5", "1.1a1", "1.1.post1", "1.1.dev0"], vec!["1.2.dev1"]),
            ("==1.1+a.1", vec!["1.1+a.1"], vec!["1.1", "1.1+a.2"]),
            ("!=1.1.*", vec!["1.0", "1.2"], vec!["1.1.3"]),
            ("!=1.1", vec!["1.1.post1", "1.0"], vec!["1.1", "1.1+local"]),
            ("<1.7", vec!["1.6", "1.6.post1"], vec!["1.7", "1.7rc1", "1.7.dev0"]),
            ("<1.7rc1", vec!["1.7b2"], vec!["1.7rc1", "1.7"]),
            ("<=1.7", vec!["1.7", "1.7+local", "1.7rc1"], vec!["1.7.post1", "1.7.0.1"]),
            (">1.7", vec!["1.7.1", "1.8.dev1", "1.7.0.1"], vec!["1.7", "1.7.post1", "1.7+local"]),
            (">1.7.post2", vec!["1.7.post3", "1.8"], vec!["1.7.post2", "1.7.0"]),
            (">=1.7", vec!["1.7", "1.7+local"], vec!["1.7rc1"]),
            (">=1.0,<2.0||==3.0", vec!["1.5", "3.0"], vec!["2.5"]),
            (">= 1.0, < 1.4, != 1.3.4.*", vec!["1.3.5"], vec!["1.3.4.1", "1.4"]),
            ("===1.0+weird", vec!["1.0+weird"], vec!["1.0"]),
            ("<1!1.0", vec!["9.9", "1!0.9"], vec!["1!1.0"]),
            (">=2.2,<2.2.", vec![], vec!["2.2"]),
        ] {
            let set = Syntax::Pep440.parse(range).unwrap();
            for version in inside {
                assert!(set.contains(version), "{range} {version} {set:?}");
            }
            for version in outside {
                assert!(!set.contains(version), "{range} {version} {set:?}");
            }
        }
    }

    #[test]
    fn what_is_no_specifier() {
        assert_eq!(Syntax::Pep440.parse(""), Err(RangeError::Empty));
        assert_eq!(Syntax::Pep440.parse("^1"), Err(RangeError::Operator("^".to_owned())));
        for text in ["~=1", ">=foo", ">1.*", "1 - 2", "==.*", "==1a1.*"] {
            assert!(Syntax::Pep440.parse(text).is_err(), "{text}");
        }
    }
}
