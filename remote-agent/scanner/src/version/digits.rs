//! Decimal numbers of any length, kept as text.

use std::cmp::Ordering;

/// A number as its digits. Ordered by value: leading zeros do not count and
/// no digits are zero.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Digits<'a>(pub(super) &'a [u8]);

impl Digits<'_> {
    pub(super) const ZERO: Self = Self(b"");

    pub(super) fn is_zero(self) -> bool {
        self.0.iter().all(|digit| *digit == b'0')
    }

    fn significant(&self) -> &[u8] {
        let zeros = self.0.iter().take_while(|digit| **digit == b'0').count();
        self.0.get(zeros..).unwrap_or_default()
    }
}

impl Ord for Digits<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right) = (self.significant(), other.significant());
        left.len().cmp(&right.len()).then_with(|| left.cmp(right))
    }
}

impl PartialOrd for Digits<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Digits<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Digits<'_> {}

/// Splits off what `wanted` accepts at the start.
pub(super) fn take_while(text: &[u8], wanted: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let count = text.iter().take_while(|byte| wanted(byte)).count();
    text.split_at_checked(count).unwrap_or_default()
}

/// Splits off the digits at the start.
pub(super) fn take(text: &[u8]) -> (Digits<'_>, &[u8]) {
    let (digits, rest) = take_while(text, u8::is_ascii_digit);
    (Digits(digits), rest)
}

/// Splits off the ASCII letters at the start.
pub(super) fn take_letters(text: &[u8]) -> (&[u8], &[u8]) {
    take_while(text, u8::is_ascii_alphabetic)
}

/// Text whose case does not count.
#[derive(Clone, Copy, Debug)]
pub(super) struct CaseFolded<'a>(pub(super) &'a [u8]);

impl Ord for CaseFolded<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right) = (self.0.iter(), other.0.iter());
        left.map(u8::to_ascii_lowercase).cmp(right.map(u8::to_ascii_lowercase))
    }
}

impl PartialOrd for CaseFolded<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for CaseFolded<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for CaseFolded<'_> {}

/// Finds `word` in a list of words with their ranks, whatever its case.
pub(super) fn rank_of(word: &[u8], ranks: &[(&str, u8)]) -> Option<u8> {
    let known = ranks.iter().find(|(known, _)| word.eq_ignore_ascii_case(known.as_bytes()));
    known.map(|(_, rank)| *rank)
}
