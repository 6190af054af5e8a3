//! .NET's order: Semantic Versioning with a fourth number, in which case does
//! not count.

use std::cmp::Ordering;

use super::digits::CaseFolded;
use super::semver::{Identifier, Version};

/// Orders two versions.
pub(super) fn compare(left: &[u8], right: &[u8]) -> Ordering {
    let folded = |text| Identifier::Folded(CaseFolded(text));
    Version::parse(left).compare(&Version::parse(right), folded)
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use crate::version::Scheme;

    #[test]
    fn known_pairs() {
        for (left, right, order) in [
            ("1.0", "1.0.0.0", Ordering::Equal),
            ("1.0.0.1", "1.0.0", Ordering::Greater),
            ("1.0.01.1", "1.0.1.1", Ordering::Equal),
            ("1.0.0-Beta", "1.0.0-beta", Ordering::Equal),
            ("1.0.0-beta2", "1.0.0-BETA10", Ordering::Greater),
            ("1.0.0-beta.2", "1.0.0-beta.10", Ordering::Less),
            ("1.0.0-rc", "1.0.0", Ordering::Less),
            ("1.0.0+a", "1.0.0+b", Ordering::Equal),
            ("6.0.0-preview.7.21377.19", "6.0.0-rc.1.21451.13", Ordering::Less),
            // Spellings that its documentation brings into one form.
            ("1.00", "1.0", Ordering::Equal),
            ("1.01.1", "1.1.1", Ordering::Equal),
            ("1.00.0.1", "1.0.0.1", Ordering::Equal),
            ("1.0.0.0", "1.0.0", Ordering::Equal),
            ("1.0.01.0", "1.0.1.0", Ordering::Equal),
            ("1.0.7+r3456", "1.0.7", Ordering::Equal),
        ] {
            assert_eq!(Scheme::NuGet.compare(left, right), order, "{left} {right}");
            assert_eq!(Scheme::NuGet.compare(right, left), order.reverse(), "{right} {left}");
        }
    }

    /// The list in its documentation, from the highest down.
    #[test]
    fn the_documented_order() {
        let all = [
            "1.0.1",
            "1.0.1-zzz",
            "1.0.1-rc.10",
            "1.0.1-rc.2",
            "1.0.1-open",
            "1.0.1-beta",
            "1.0.1-alpha2",
            "1.0.1-alpha10",
            "1.0.1-aaa",
        ];
        for (at, higher) in all.iter().enumerate() {
            for lower in all.iter().skip(at + 1) {
                assert_eq!(
                    Scheme::NuGet.compare(higher, lower),
                    Ordering::Greater,
                    "{higher} {lower}"
                );
            }
        }
    }
}
