//! `vers:npm/>=1.0.0|<2.0.0|!=1.5.0`, the ranges that documents write for all ecosystems.

use std::ops::Bound;

use super::super::Scheme;
use super::{Interval, Intervals, MAX_LENGTH, RangeError};

/// The types of ranges, which are those of package URLs and some more.
const TYPES: [(&str, Scheme); 22] = [
    ("alpine", Scheme::Apk),
    ("alpm", Scheme::Rpm),
    ("apk", Scheme::Apk),
    ("cargo", Scheme::SemVer),
    ("composer", Scheme::Composer),
    ("conan", Scheme::Generic),
    ("cpan", Scheme::Generic),
    ("cran", Scheme::Generic),
    ("deb", Scheme::Dpkg),
    ("gem", Scheme::Gem),
    ("generic", Scheme::Generic),
    ("go", Scheme::Go),
    ("golang", Scheme::Go),
    ("hex", Scheme::SemVer),
    ("maven", Scheme::Maven),
    ("npm", Scheme::SemVer),
    ("nuget", Scheme::NuGet),
    ("pub", Scheme::SemVer),
    ("pypi", Scheme::Pep440),
    ("rpm", Scheme::Rpm),
    ("semver", Scheme::SemVer),
    ("swift", Scheme::SemVer),
];

/// Longest first: one begins as the other.
const COMPARATORS: [&str; 6] = [">=", "<=", "!=", ">", "<", "="];

impl Intervals {
    /// Reads a range; `decode` undoes the encoding of its versions.
    pub fn from_vers(text: &str, decode: impl Fn(&str) -> String) -> Result<Self, RangeError> {
        if text.len() > MAX_LENGTH {
            return Err(RangeError::TooLong);
        }
        let unknown = || RangeError::Operator(text.chars().take(40).collect());
        let (kind, constraints) = text
            .trim()
            .strip_prefix("vers:")
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(unknown)?;
        let known = TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind));
        let scheme = known.ok_or_else(unknown)?.1;
        if constraints.trim() == "*" {
            return Ok(Self::all(scheme));
        }
        let (mut single, mut without, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for constraint in constraints.split('|').map(str::trim).filter(|text| !text.is_empty()) {
            let comparator = COMPARATORS.into_iter().find(|sign| constraint.starts_with(sign));
            let version = constraint.get(comparator.map_or(0, str::len)..).unwrap_or_default();
            let version = decode(version.trim());
            if version.is_empty() || version == "*" {
                return Err(RangeError::Version(version));
            }
            let exactly = || {
                Interval::new(Bound::Included(version.clone()), Bound::Included(version.clone()))
            };
            match comparator {
                None | Some("=") => single.push(exactly()),
                Some("!=") => without.push(exactly()),
                Some(comparator) => ends.push((comparator, version)),
            }
        }
        let within = match (single.is_empty() && ends.is_empty(), without.is_empty()) {
            (true, true) => return Err(RangeError::Empty),
            (true, false) => Self::all(scheme),
            (false, _) => between(scheme, ends).union(Self::of(scheme, single)),
        };
        Ok(within.intersection(&Self::of(scheme, without).complement()))
    }
}

/// From each version after which a range begins up to the next one at which it ends.
fn between(scheme: Scheme, mut ends: Vec<(&str, String)>) -> Intervals {
    ends.sort_by(|(_, left), (_, right)| scheme.compare(left, right));
    let mut all = Vec::new();
    let mut open: Option<Bound<String>> = None;
    let mut first = true;
    for (comparator, version) in ends {
        match comparator {
            ">=" => open = open.or(Some(Bound::Included(version))),
            ">" => open = open.or(Some(Bound::Excluded(version))),
            end => {
                let upper =
                    if end == "<" { Bound::Excluded(version) } else { Bound::Included(version) };
                let lower = open.take().or(first.then_some(Bound::Unbounded));
                all.extend(lower.map(|lower| Interval::new(lower, upper)));
            }
        }
        first = false;
    }
    all.extend(open.map(|lower| Interval::new(lower, Bound::Unbounded)));
    Intervals::of(scheme, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_all_ecosystems() {
        for (range, inside, outside) in [
            ("vers:npm/>=1.0.0|<2.0.0", "1.9.9", "2.0.0"),
            ("vers:npm/<2.0.0|>=1.0.0", "1.0.0", "0.9.0"),
            ("vers:npm/<1.0.0|>=2.0.0|<2.5.0", "0.1.0", "1.5.0"),
            ("vers:npm/<1.0.0|>=2.0.0|<2.5.0", "2.4.0", "2.5.0"),
            ("vers:npm/1.2.3|=1.4.0|>3.0.0", "1.4.0", "3.0.0"),
            ("vers:npm/>=1.0.0|!=1.5.0", "1.6.0", "1.5.0"),
            ("vers:npm/!=1.5.0", "1.6.0", "1.5.0"),
            ("vers:npm/<=2.0.0", "2.0.0", "2.0.1"),
            ("vers:deb/<1:3.0.9-1|>=1:3.1", "1:3.0.8-1", "1:3.0.9-1"),
            ("vers:pypi/>=1.0|<2.0", "1.9rc1", "2.0"),
            ("vers:maven/<1.0", "1.0-SNAPSHOT", "1.0"),
            ("vers:rpm/<0:2.0-1", "1.9-3", "2.0-1"),
            ("vers:generic/<1.0.2zd", "1.0.2zc", "1.0.2zd"),
        ] {
            let range = Intervals::from_vers(range, str::to_owned).unwrap();
            assert!(range.contains(inside), "{range:?} {inside}");
            assert!(!range.contains(outside), "{range:?} {outside}");
        }
        assert!(Intervals::from_vers("vers:npm/*", str::to_owned).unwrap().contains("7.0.0"));
    }

    #[test]
    fn what_is_no_such_range() {
        let refused = |text: &str| Intervals::from_vers(text, str::to_owned).unwrap_err();
        assert_eq!(refused("<5.0.0"), RangeError::Operator("<5.0.0".to_owned()));
        assert_eq!(
            refused("vers:nonesuch/<5"),
            RangeError::Operator("vers:nonesuch/<5".to_owned())
        );
        assert_eq!(refused("vers:npm/"), RangeError::Empty);
        assert_eq!(refused("vers:npm/>=|<2"), RangeError::Version(String::new()));
        assert_eq!(refused(&"v".repeat(70_000)), RangeError::TooLong);
    }
}
