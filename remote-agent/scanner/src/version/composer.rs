//! PHP's order, as Composer has it: up to four numbers, then a stability.
//!
//! Branches, `dev-main`, come before every number: they compare with nothing.

use std::cmp::Ordering;

use super::digits::{self, Digits};
use super::sequence::{self, Element, trimmed};

/// Orders two versions.
pub(super) fn compare(left: &[u8], right: &[u8]) -> Ordering {
    match (branch(left), branch(right)) {
        (Some(left), Some(right)) => left.cmp(right),
        (None, None) => {
            sequence::compare(trimmed(Parts::new(left)), trimmed(Parts::new(right)), Part::End)
        }
        (left, right) => left.is_none().cmp(&right.is_none()),
    }
}

/// The name of the branch that a version is.
fn branch(text: &[u8]) -> Option<&[u8]> {
    let start = text.get(..4).unwrap_or_default();
    if start.eq_ignore_ascii_case(b"dev-") {
        return text.get(4..);
    }
    matches!(text, b"master" | b"trunk" | b"default").then_some(text)
}

/// In ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    /// A word that is no stability, before all of them.
    Unknown(&'a [u8]),
    /// `dev`, `alpha`, `beta`, `RC`.
    Unstable(u8),
    End,
    Patch,
    Number(Digits<'a>),
    /// `x`: the newest of a branch.
    Newest,
}

const STABLE: u8 = 4;
const PATCH: u8 = 5;
const STABILITIES: [(&str, u8); 10] = [
    ("dev", 0),
    ("alpha", 1),
    ("a", 1),
    ("beta", 2),
    ("b", 2),
    ("rc", 3),
    ("stable", STABLE),
    ("patch", PATCH),
    ("pl", PATCH),
    ("p", PATCH),
];

impl Element for Part<'_> {
    fn is_null(self) -> bool {
        matches!(self, Self::Number(number) if number.is_zero())
    }

    fn holds_nulls(self) -> bool {
        matches!(self, Self::Number(_) | Self::Newest)
    }

    fn ends_trimming(self) -> bool {
        !matches!(self, Self::Number(_) | Self::Newest)
    }
}

#[derive(Clone)]
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn new(text: &'a [u8]) -> Self {
        let text = match text.split_first() {
            Some((b'v' | b'V', rest)) if rest.first().is_some_and(u8::is_ascii_digit) => rest,
            _ => text,
        };
        // Metadata, a commit, a stability flag and an alias do not count.
        Self(digits::take_while(text, |byte| !matches!(byte, b'+' | b'#' | b'@' | b' ')).0)
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let separator = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b'*';
        let (_, text) = digits::take_while(self.0, separator);
        let first = text.first()?;
        if first.is_ascii_digit() {
            let (number, rest) = digits::take(text);
            self.0 = rest;
            return Some(Part::Number(number));
        }
        if *first == b'*' {
            self.0 = text.get(1..).unwrap_or_default();
            return Some(Part::Newest);
        }
        let (word, rest) = split_dev(digits::take_letters(text).0)
            .map_or_else(|| digits::take_letters(text), |at| text.split_at(at));
        self.0 = rest;
        match digits::rank_of(word, &STABILITIES) {
            // Nothing that follows counts.
            Some(STABLE) => {
                self.0 = b"";
                None
            }
            Some(PATCH) => Some(Part::Patch),
            Some(rank) => Some(Part::Unstable(rank)),
            None if word.eq_ignore_ascii_case(b"x") => Some(Part::Newest),
            None => Some(Part::Unknown(word)),
        }
    }
}

/// Where `dev` begins in a word such as `RCdev`, which is two.
fn split_dev(word: &[u8]) -> Option<usize> {
    let at = word.len().checked_sub(3)?;
    let (stability, dev) = word.split_at_checked(at)?;
    let is_two =
        dev.eq_ignore_ascii_case(b"dev") && digits::rank_of(stability, &STABILITIES).is_some();
    is_two.then_some(at)
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use crate::version::Scheme;

    #[test]
    fn ascending() {
        let ascending = [
            "dev-feature",
            "dev-main",
            "1.0.0-dev",
            "1.0.0-alpha",
            "1.0.0-alpha1",
            "1.0-beta",
            "1.0.0-beta.2-dev",
            "1.0.0-beta.2",
            "1.0.0-RCdev",
            "1.0.0-RC1",
            "1.0.0-rc10",
            "1.0.0",
            "1.0.0-patch1",
            "1.0.0-p2",
            "1.0.0.1",
            "1.0.x-dev",
            "1.9",
            "1.10",
            "1.x-dev",
            "2.0.0",
            "20100102",
        ];
        for pair in ascending.windows(2) {
            let [left, right] = pair else { continue };
            assert_eq!(Scheme::Composer.compare(left, right), Ordering::Less, "{pair:?}");
            assert_eq!(Scheme::Composer.compare(right, left), Ordering::Greater, "{pair:?}");
        }
    }

    #[test]
    fn spellings_of_one_version() {
        for (left, right) in [
            ("v1.0", "1.0.0.0"),
            ("1.0.0-stable", "1.0"),
            ("1.0.0+no-version", "1.0.0"),
            ("1.0.0-RC1", "1.0.0rc1"),
            ("1.0b2", "1.0.0-beta2"),
            ("1.0.0-pl3", "1.0.0-p3"),
            ("1.0.0@dev", "1.0.0"),
        ] {
            assert_eq!(Scheme::Composer.compare(left, right), Ordering::Equal, "{left} {right}");
        }
    }
}
