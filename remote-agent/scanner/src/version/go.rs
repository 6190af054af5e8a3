//! Go's order: Semantic Versioning for modules, with and without `v`, and the
//! toolchain's own versions, `go1.21rc1`.
//!
//! `+incompatible` is build metadata and pseudo-versions are pre-releases, so
//! neither needs a rule. Toolchain versions are read as the semantic version
//! that advisories of the standard library use for them: `go1.21rc1` as
//! `1.21.0-rc.1`.

use std::cmp::Ordering;

use super::digits::{self, Digits};
use super::semver::{Early, Identifier, Version};

/// Orders two versions.
pub(super) fn compare(left: &[u8], right: &[u8]) -> Ordering {
    parse(left).compare(&parse(right), Identifier::exact)
}

fn parse(text: &[u8]) -> Version<'_> {
    text.strip_prefix(b"go").and_then(toolchain).unwrap_or_else(|| Version::parse(text))
}

/// Since this minor version the first release is `go1.21.0`, and `go1.21` is
/// the language before its first candidate.
const FIRST_WITH_PATCH: Digits<'_> = Digits(b"21");

fn toolchain(text: &[u8]) -> Option<Version<'_>> {
    let (major, rest) = digits::take(text);
    let mut core = major.0;
    if core.is_empty() {
        return None;
    }
    let mut numbers = 1;
    let mut minor = Digits::ZERO;
    let mut after = rest;
    while let Some(rest) = after.strip_prefix(b".") {
        let (number, rest) = digits::take(rest);
        if number.0.is_empty() || numbers == 3 {
            break;
        }
        numbers += 1;
        if numbers == 2 {
            minor = number;
        }
        core = text.get(..text.len() - rest.len())?;
        after = rest;
    }
    // What else may follow tells of a build: `-fips`, `b4`, ` X:boringcrypto`.
    let (word, rest) = digits::take_letters(after);
    let (number, _) = digits::take(rest);
    let early = if matches!(word, b"alpha" | b"beta" | b"rc") && !number.0.is_empty() {
        Early::Phase(word, number)
    } else if numbers == 2 && minor >= FIRST_WITH_PATCH && major == Digits(b"1") {
        Early::Identifiers(b"0")
    } else {
        Early::Released
    };
    Some(Version { core, early, malformed: b"" })
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use crate::version::Scheme;

    #[test]
    fn ascending() {
        let ascending = [
            "(devel)",
            "v0.0.0-20190101000000-abcdefabcdef",
            "v0.0.0-20210207001905-0d057c777ad6",
            "v0.0.1",
            "v1.2.3-pre",
            "v1.2.3-pre.0.20191109021931-daa7c04131f5",
            "v1.2.3",
            "v1.2.4-0.20191109021931-daa7c04131f5",
            "1.2.4",
            "go1.5",
            "go1.20beta1",
            "go1.20rc1",
            "go1.20rc10",
            "go1.20",
            "go1.20.1",
            "go1.21",
            "go1.21rc1",
            "go1.21rc2",
            "go1.21.0",
            "go1.21.10",
            "v2.0.0+incompatible",
        ];
        for pair in ascending.windows(2) {
            let [left, right] = pair else { continue };
            assert_eq!(Scheme::Go.compare(left, right), Ordering::Less, "{pair:?}");
            assert_eq!(Scheme::Go.compare(right, left), Ordering::Greater, "{pair:?}");
        }
    }

    #[test]
    fn spellings_of_one_version() {
        for (left, right) in [
            ("v1.2.3", "1.2.3"),
            ("v2.0.0+incompatible", "2.0.0"),
            ("v1", "v1.0.0"),
            ("go1.21rc1", "1.21.0-rc.1"),
            ("go1.21", "1.21.0-0"),
            ("go1.20", "1.20.0"),
            ("go1.21.5 X:boringcrypto", "1.21.5"),
            ("go1.12.5b4", "1.12.5"),
            ("go1.22.3-fips", "1.22.3"),
        ] {
            assert_eq!(Scheme::Go.compare(left, right), Ordering::Equal, "{left} {right}");
        }
    }
}
