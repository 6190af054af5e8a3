//! An order for programs that follow no known rules: numbers, and words that
//! are earlier or later than the plain version.
//!
//! `3.0.0-alpha1` is before `3.0.0`, `1.0.2k` after `1.0.2` and `1.0.2za`
//! after `1.0.2z`.

use std::cmp::Ordering;

use super::digits::{self, CaseFolded, Digits};
use super::sequence::{self, Element, trimmed};

/// Orders two versions.
pub(super) fn compare(left: &[u8], right: &[u8]) -> Ordering {
    sequence::compare(trimmed(Parts::new(left)), trimmed(Parts::new(right)), Part::End)
}

/// In ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    /// A word of a version that is not released yet.
    Early(u8),
    End,
    Word(CaseFolded<'a>),
    Number(Digits<'a>),
}

const RELEASED: u8 = 6;
const EARLY: [(&str, u8); 13] = [
    ("dev", 0),
    ("nightly", 1),
    ("snapshot", 1),
    ("alpha", 2),
    ("beta", 3),
    ("milestone", 4),
    ("pre", 5),
    ("preview", 5),
    ("rc", 5),
    ("final", RELEASED),
    ("ga", RELEASED),
    ("release", RELEASED),
    ("stable", RELEASED),
];

impl Element for Part<'_> {
    fn is_null(self) -> bool {
        matches!(self, Self::Number(number) if number.is_zero())
    }

    fn holds_nulls(self) -> bool {
        matches!(self, Self::Number(_))
    }
}

#[derive(Clone)]
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn new(text: &'a [u8]) -> Self {
        match text.split_first() {
            Some((b'v' | b'V', rest)) if rest.first().is_some_and(u8::is_ascii_digit) => Self(rest),
            _ => Self(text),
        }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        loop {
            let (_, text) = digits::take_while(self.0, |byte| !byte.is_ascii_alphanumeric());
            if text.first()?.is_ascii_digit() {
                let (number, rest) = digits::take(text);
                self.0 = rest;
                return Some(Part::Number(number));
            }
            let (word, rest) = digits::take_letters(text);
            self.0 = rest;
            match digits::rank_of(word, &EARLY) {
                Some(RELEASED) => {}
                Some(rank) => return Some(Part::Early(rank)),
                None => return Some(Part::Word(CaseFolded(word))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use crate::version::Scheme;

    #[test]
    fn ascending() {
        let ascending = [
            "0.9.8zh",
            "1.0.2-beta1",
            "1.0.2",
            "1.0.2a",
            "1.0.2k",
            "1.0.2k-fips",
            "1.0.2m",
            "1.0.2z",
            "1.0.2za",
            "1.0.2zd",
            "1.0.10",
            "1.1.0-pre1",
            "1.1.0",
            "3.0.0-alpha1",
            "3.0.0-alpha17",
            "3.0.0-beta1",
            "3.0.0",
            "3.0.1",
            "9.6p1",
            "9.6p2",
            "9.7",
            "v10.0",
            "2024a",
            "2024b",
        ];
        for pair in ascending.windows(2) {
            let [left, right] = pair else { continue };
            assert_eq!(Scheme::Generic.compare(left, right), Ordering::Less, "{pair:?}");
            assert_eq!(Scheme::Generic.compare(right, left), Ordering::Greater, "{pair:?}");
        }
    }

    #[test]
    fn spellings_of_one_version() {
        for (left, right) in
            [("1.0", "1.0.0"), ("v1.0", "1"), ("1.0-final", "1.0"), ("1.2-3", "1.2.3")]
        {
            assert_eq!(Scheme::Generic.compare(left, right), Ordering::Equal, "{left} {right}");
        }
    }
}
