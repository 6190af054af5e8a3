//! Ruby's order, as RubyGems has it: numbers and words, any word makes a
//! pre-release, a hyphen is the word `pre`.

use std::cmp::Ordering;

use super::digits::{self, Digits};
use super::sequence::{self, Element, trimmed};

/// Orders two versions of gems.
pub(super) fn compare(left: &[u8], right: &[u8]) -> Ordering {
    let zero = Segment::Number(Digits::ZERO);
    sequence::compare(trimmed(Segments(left)), trimmed(Segments(right)), zero)
}

/// In ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment<'a> {
    Word(&'a [u8]),
    Number(Digits<'a>),
}

impl Element for Segment<'_> {
    fn is_null(self) -> bool {
        matches!(self, Self::Number(number) if number.is_zero())
    }

    fn holds_nulls(self) -> bool {
        matches!(self, Self::Number(_))
    }

    fn ends_trimming(self) -> bool {
        matches!(self, Self::Word(_))
    }
}

#[derive(Clone)]
struct Segments<'a>(&'a [u8]);

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        let separator = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b'-';
        let (_, text) = digits::take_while(self.0, separator);
        let (segment, rest) = match text.split_first()? {
            (b'-', rest) => (Segment::Word(b"pre"), rest),
            (byte, _) if byte.is_ascii_digit() => {
                let (number, rest) = digits::take(text);
                (Segment::Number(number), rest)
            }
            _ => {
                let (word, rest) = digits::take_letters(text);
                (Segment::Word(word), rest)
            }
        };
        self.0 = rest;
        Some(segment)
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use crate::version::Scheme;

    #[test]
    fn known_pairs() {
        for (left, right, order) in [
            ("1.0", "1.0.0", Ordering::Equal),
            ("1.0.a", "1.a", Ordering::Equal),
            ("1.0", "1.0.a", Ordering::Greater),
            ("1.8.2", "1.8.2.a", Ordering::Greater),
            ("1.8.2.b", "1.8.2.a", Ordering::Greater),
            ("1.8.2.a10", "1.8.2.a9", Ordering::Greater),
            ("1.8.2.a", "1.8.1", Ordering::Greater),
            ("1.0.0-1", "1.0.0", Ordering::Less),
            ("1.0.0-1", "1.0.0.pre.1", Ordering::Equal),
            ("5.2.4.rc1", "5.2.4", Ordering::Less),
            ("0.beta.1", "0.0.beta.1", Ordering::Equal),
            ("0.0.beta", "0.0.beta.2", Ordering::Less),
            ("1.2.b1", "1.2.b.1", Ordering::Equal),
            ("1.10", "1.9", Ordering::Greater),
            ("1.a0.b", "1.a.b", Ordering::Greater),
            ("", "0", Ordering::Equal),
        ] {
            assert_eq!(Scheme::Gem.compare(left, right), order, "{left} {right}");
            assert_eq!(Scheme::Gem.compare(right, left), order.reverse(), "{right} {left}");
        }
    }
}
