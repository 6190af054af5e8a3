//! Java's order, as Maven has it.
//!
//! Source: the version order specification in Maven's POM reference: tokens
//! between dots, hyphens and changes from digits to letters and back; zeros
//! and words of release without meaning are dropped. Maven 3 does as it says;
//! where Maven 4 does otherwise, so that `1.GA-redhat-1` is before `1-m1`, the
//! specification holds, for advisories are written by it.

use std::cmp::Ordering;

use super::digits::{self, CaseFolded, Digits};
use super::sequence::{self, Element, trimmed};

/// Orders two Maven versions.
pub(super) fn compare(left: &[u8], right: &[u8]) -> Ordering {
    sequence::compare(trimmed(Tokens::new(left)), trimmed(Tokens::new(right)), Token::RELEASE)
}

/// In ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Token<'a> {
    /// A word that is known, by its rank.
    Known(u8),
    Unknown(CaseFolded<'a>),
    /// A number after a hyphen.
    Hyphened(Digits<'a>),
    /// A number after a dot, or at the start.
    Dotted(Digits<'a>),
}

impl Token<'_> {
    const RELEASE: Self = Self::Known(RELEASE);
}

const RELEASE: u8 = 5;
const QUALIFIERS: [(&str, u8); 11] = [
    ("alpha", 0),
    ("beta", 1),
    ("milestone", 2),
    ("rc", 3),
    ("cr", 3),
    ("snapshot", 4),
    ("", RELEASE),
    ("ga", RELEASE),
    ("final", RELEASE),
    ("release", RELEASE),
    ("sp", 6),
];
/// Short words that have a meaning only with a number right after them.
const SHORT: [(&str, u8); 3] = [("a", 0), ("b", 1), ("m", 2)];

impl Element for Token<'_> {
    fn is_null(self) -> bool {
        match self {
            Self::Known(rank) => rank == RELEASE,
            Self::Hyphened(number) | Self::Dotted(number) => number.is_zero(),
            Self::Unknown(_) => false,
        }
    }

    fn holds_nulls(self) -> bool {
        matches!(self, Self::Dotted(_))
    }
}

#[derive(Clone)]
struct Tokens<'a> {
    rest: &'a [u8],
    /// Whether the next token comes after a dot or at the start.
    dotted: bool,
    /// Whether a token is still to come though the rest is empty.
    open: bool,
}

impl<'a> Tokens<'a> {
    const fn new(text: &'a [u8]) -> Self {
        Self { rest: text, dotted: true, open: !text.is_empty() }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if !self.open {
            return None;
        }
        let number =
            |digits| if self.dotted { Token::Dotted(digits) } else { Token::Hyphened(digits) };
        let (token, rest) = match self.rest.first() {
            // Nothing between two separators is zero.
            None | Some(b'.' | b'-') => (number(Digits::ZERO), self.rest),
            Some(byte) if byte.is_ascii_digit() => {
                let (digits, rest) = digits::take(self.rest);
                (number(digits), rest)
            }
            Some(_) => {
                let of_word = |byte: &u8| !byte.is_ascii_digit() && !matches!(byte, b'.' | b'-');
                let (word, rest) = digits::take_while(self.rest, of_word);
                let before_digit = rest.first().is_some_and(u8::is_ascii_digit);
                let short = if before_digit { digits::rank_of(word, &SHORT) } else { None };
                let rank = short.or_else(|| digits::rank_of(word, &QUALIFIERS));
                (rank.map_or(Token::Unknown(CaseFolded(word)), Token::Known), rest)
            }
        };
        // A change between digits and letters counts as a hyphen.
        (self.rest, self.dotted, self.open) = match rest.split_first() {
            Some((b'.', after)) => (after, true, true),
            Some((b'-', after)) => (after, false, true),
            Some(_) => (rest, false, true),
            None => (rest, false, false),
        };
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use crate::version::Scheme;

    #[test]
    fn ascending() {
        let ascending = [
            "1-alpha2snapshot",
            "1-alpha2",
            "1-alpha-123",
            "1-beta-2",
            "1-beta123",
            "1-m2",
            "1-m11",
            "1-rc",
            "1-cr2",
            "1-rc123",
            "1-SNAPSHOT",
            "1",
            "1-sp",
            "1-sp2",
            "1-sp123",
            "1-abc",
            "1-def",
            "1-pom-1",
            "1-1-snapshot",
            "1-1",
            "1-2",
            "1-123",
            "1.0.1",
            "1.1",
            "2.0.0.RELEASE",
            "2.0.1.RELEASE",
            "31.1-android",
            "31.1-jre",
            "2147483648",
        ];
        for pair in ascending.windows(2) {
            let [left, right] = pair else { continue };
            assert_eq!(Scheme::Maven.compare(left, right), Ordering::Less, "{pair:?}");
            assert_eq!(Scheme::Maven.compare(right, left), Ordering::Greater, "{pair:?}");
        }
    }

    #[test]
    fn spellings_of_one_version() {
        for (left, right) in [
            ("1", "1.0.0"),
            ("1", "1.ga"),
            ("1", "1-final"),
            ("1", "1.0.0-0.0.0"),
            ("1", "1.RELEASE"),
            ("1.", "1-"),
            ("1.0.0-foo.0.0", "1-foo"),
            ("1x", "1.0.0-x"),
            ("1.0x1", "1-x-1"),
            ("1a1", "1-alpha-1"),
            ("1b2", "1-beta2"),
            ("1M3", "1-milestone-3"),
            ("1-CR1", "1-rc1"),
            ("1..2", "1.0.2"),
            ("0.0", ""),
        ] {
            assert_eq!(Scheme::Maven.compare(left, right), Ordering::Equal, "{left} {right}");
        }
    }

    /// Pairs that Maven 4 orders otherwise than its specification and Maven 3.
    #[test]
    fn where_maven_differs_from_itself() {
        for (left, right, order) in [
            ("1.0-1", "1-1", Ordering::Equal),
            ("0.1-1", "0.1.0.0-1", Ordering::Equal),
            ("2.0.0.0-1.1", "2.0-1.1", Ordering::Equal),
            ("2.0.Beta2", "2.0-beta.2", Ordering::Less),
            ("1-b05", "1.0-beta.2", Ordering::Less),
            ("3-rc1", "3-rc.1", Ordering::Less),
            ("2.0-RC2", "2.0-rc.1", Ordering::Less),
            ("1.Final", "1.Final-redhat-1", Ordering::Less),
            ("1-m1", "1.Final-redhat-1", Ordering::Less),
            ("1.CR1", "1.0.GA-redhat-1", Ordering::Less),
            ("1.Final-redhat-1", "1.Final-redhat-2", Ordering::Less),
            ("1.Final-redhat-2", "1.0.1", Ordering::Less),
        ] {
            assert_eq!(Scheme::Maven.compare(left, right), order, "{left} {right}");
            assert_eq!(Scheme::Maven.compare(right, left), order.reverse(), "{right} {left}");
        }
    }

    #[test]
    fn where_a_separator_matters() {
        for (left, right) in [
            ("1-1", "1.1"),
            ("1-foo", "1-1"),
            ("1-0.1", "1.0.1"),
            ("1-0.alpha", "1"),
            ("1.a", "1.1"),
            ("1a", "1-1"),
        ] {
            assert_eq!(Scheme::Maven.compare(left, right), Ordering::Less, "{left} {right}");
        }
    }
}
