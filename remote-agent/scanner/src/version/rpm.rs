//! The order of rpm: epoch, version, release.
//!
//! Source: rpm-version(7). A version without a release is before the same
//! version with any: rpm itself calls such pairs equal in dependencies, which
//! is no order.

use std::cmp::Ordering;

use super::digits::{self, Digits};
use super::sequence;

/// Orders two versions of the form `epoch:version-release`.
pub(super) fn compare(left: &[u8], right: &[u8]) -> Ordering {
    let (left, right) = (split(left), split(right));
    left.0
        .cmp(&right.0)
        .then_with(|| sequence::compare(Segments(left.1), Segments(right.1), Segment::End))
        .then_with(|| match (left.2, right.2) {
            (Some(left), Some(right)) => {
                sequence::compare(Segments(left), Segments(right), Segment::End)
            }
            (left, right) => left.is_some().cmp(&right.is_some()),
        })
}

/// Epoch, version, release.
fn split(text: &[u8]) -> (Digits<'_>, &[u8], Option<&[u8]>) {
    let (epoch, after) = digits::take(text);
    let (epoch, rest) = match after.strip_prefix(b":") {
        Some(rest) => (epoch, rest),
        None => (Digits::ZERO, text),
    };
    let dash = rest.iter().rposition(|byte| *byte == b'-');
    match dash.and_then(|dash| rest.split_at_checked(dash)) {
        Some((version, release)) => (epoch, version, release.get(1..)),
        None => (epoch, rest, None),
    }
}

/// In ascending order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Segment<'a> {
    /// `~`, before even the end.
    Tilde,
    End,
    /// `^`, after the end, before anything else that may follow.
    Caret,
    Letters(&'a [u8]),
    Number(Digits<'a>),
}

struct Segments<'a>(&'a [u8]);

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        let separator = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'~' | b'^');
        let (_, text) = digits::take_while(self.0, separator);
        let (segment, rest) = match text.first()? {
            b'~' => (Segment::Tilde, text.get(1..).unwrap_or_default()),
            b'^' => (Segment::Caret, text.get(1..).unwrap_or_default()),
            byte if byte.is_ascii_digit() => {
                let (number, rest) = digits::take(text);
                (Segment::Number(number), rest)
            }
            _ => {
                let (letters, rest) = digits::take_letters(text);
                (Segment::Letters(letters), rest)
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
            ("1.0", "1.0", Ordering::Equal),
            ("1.0010", "1.9", Ordering::Greater),
            ("1.05", "1.5", Ordering::Equal),
            ("1.0", "1", Ordering::Greater),
            ("2.50", "2.5", Ordering::Greater),
            ("fc4", "fc.4", Ordering::Equal),
            ("FC5", "fc4", Ordering::Less),
            ("2a", "2.0", Ordering::Less),
            ("2.0.1a", "2.0.1", Ordering::Greater),
            ("1.0", "1.fc4", Ordering::Greater),
            ("3.0.0_fc", "3.0.0.fc", Ordering::Equal),
            ("1.0~rc1", "1.0", Ordering::Less),
            ("1.0~rc1~git123", "1.0~rc1", Ordering::Less),
            ("1.0^", "1.0", Ordering::Greater),
            ("1.0^git1", "1.0.1", Ordering::Less),
            ("1.0^git1~pre", "1.0^git1", Ordering::Less),
            ("1.0~rc1^git1", "1.0~rc1", Ordering::Greater),
            ("1.0^20160101", "1.01", Ordering::Less),
            ("1:1.0-1", "2.0-1", Ordering::Greater),
            ("0:1.0-1", "1.0-1", Ordering::Equal),
            ("1.1.1k-9.el8_7", "1.1.1k-12.el8_9", Ordering::Less),
            ("2.34-60.el9_2.7", "2.34-60.el9", Ordering::Greater),
            ("1.0-1.el9~bootstrap", "1.0-1.el9", Ordering::Less),
            ("1.0", "1.0-1", Ordering::Less),
            ("1.0", "1.0-~1", Ordering::Less),
        ] {
            assert_eq!(Scheme::Rpm.compare(left, right), order, "{left} {right}");
            assert_eq!(Scheme::Rpm.compare(right, left), order.reverse(), "{right} {left}");
        }
    }
}
