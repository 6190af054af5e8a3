//! Semantic Versioning 2.0, read leniently.
//!
//! As in npm a leading `v` or `=` does not count and a pre-release may follow
//! without its hyphen. Missing numbers are zero, and there may be more than
//! three. Text without a number at its start is before every version.

use std::cmp::Ordering;

use super::digits::{self, CaseFolded, Digits};
use super::sequence;

/// Orders two versions.
pub(super) fn compare(left: &[u8], right: &[u8]) -> Ordering {
    Version::parse(left).compare(&Version::parse(right), Identifier::exact)
}

/// A version in its parts; the build metadata is left out: it has no place in
/// the order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Version<'a> {
    /// Numbers and dots; empty where there is no version.
    pub(super) core: &'a [u8],
    /// What makes it a pre-release.
    pub(super) early: Early<'a>,
    /// The text, where there is no version.
    pub(super) malformed: &'a [u8],
}

/// What makes a version a pre-release.
#[derive(Clone, Copy, Debug)]
pub(super) enum Early<'a> {
    /// Nothing: it is released.
    Released,
    /// Identifiers with dots between them.
    Identifiers(&'a [u8]),
    /// A word and a number.
    Phase(&'a [u8], Digits<'a>),
}

impl<'a> Version<'a> {
    pub(super) fn parse(text: &'a [u8]) -> Self {
        let (_, start) = digits::take_while(text, |byte| matches!(byte, b'=' | b'v' | b'V' | b' '));
        let (core, rest) = take_core(start);
        if core.is_empty() {
            return Self { core, early: Early::Released, malformed: text };
        }
        let (early, _) = digits::take_while(rest, |byte| *byte != b'+');
        let early = match early.split_first() {
            Some((b'-' | b'.' | b'_', after)) => after,
            _ => early,
        };
        let early = if early.is_empty() { Early::Released } else { Early::Identifiers(early) };
        Self { core, early, malformed: b"" }
    }

    /// Orders by numbers, then by pre-release; `identifier` says how an
    /// identifier that is no number is ordered.
    pub(super) fn compare(
        &self,
        other: &Self,
        identifier: impl Fn(&'a [u8]) -> Identifier<'a> + Copy,
    ) -> Ordering {
        let numbers = |version: &Self| version.core.split(|byte| *byte == b'.').map(Digits);
        let early = |version: &Self| version.early.identifiers(identifier);
        (!self.core.is_empty())
            .cmp(&!other.core.is_empty())
            .then_with(|| self.malformed.cmp(other.malformed))
            .then_with(|| sequence::compare(numbers(self), numbers(other), Digits::ZERO))
            .then_with(|| {
                let released = |version: &Self| matches!(version.early, Early::Released);
                released(self).cmp(&released(other))
            })
            .then_with(|| sequence::compare(early(self), early(other), Identifier::End))
    }
}

/// The numbers at the start, with the dots between them.
fn take_core(text: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    loop {
        let number = text.get(end..).map(digits::take).unwrap_or_default().0;
        if number.0.is_empty() {
            return text.split_at_checked(end.saturating_sub(1)).unwrap_or_default();
        }
        end += number.0.len();
        if text.get(end) != Some(&b'.') {
            return text.split_at_checked(end).unwrap_or_default();
        }
        end += 1;
    }
}

/// An identifier of a pre-release, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Identifier<'a> {
    /// No more of them.
    End,
    Number(Digits<'a>),
    Text(&'a [u8]),
    /// Text whose case does not count.
    Folded(CaseFolded<'a>),
}

impl<'a> Identifier<'a> {
    /// Case counts, as Semantic Versioning says.
    pub(super) const fn exact(text: &'a [u8]) -> Self {
        Self::Text(text)
    }
}

impl<'a> Early<'a> {
    fn identifiers(
        self,
        identifier: impl Fn(&'a [u8]) -> Identifier<'a> + Copy,
    ) -> impl Iterator<Item = Identifier<'a>> {
        let (text, number) = match self {
            Self::Released => (None, None),
            Self::Identifiers(text) => (Some(text), None),
            Self::Phase(word, number) => (Some(word), Some(Identifier::Number(number))),
        };
        let texts = text.into_iter().flat_map(|text| text.split(|byte| *byte == b'.'));
        let identifiers = texts.map(move |text| {
            let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
            if is_number { Identifier::Number(Digits(text)) } else { identifier(text) }
        });
        identifiers.chain(number)
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use crate::version::Scheme;

    #[test]
    fn ascending() {
        let ascending = [
            "no version",
            "0.0.1",
            "1.0.0-0",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.2.3-4",
            "1.2.3-4-foo",
            "1.2.3-R2",
            "1.2.3-asdf",
            "1.2.3",
            "1.2.3.1",
            "1.10.0",
            "2.0.0",
            "99999999999999999999999.0.0",
        ];
        for pair in ascending.windows(2) {
            let [left, right] = pair else { continue };
            assert_eq!(Scheme::SemVer.compare(left, right), Ordering::Less, "{pair:?}");
            assert_eq!(Scheme::SemVer.compare(right, left), Ordering::Greater, "{pair:?}");
        }
    }

    #[test]
    fn spellings_of_one_version() {
        for (left, right) in [
            ("1.2.3", "v1.2.3"),
            ("=v1.2.3", "1.2.3"),
            ("= 1.2.3", " 1.2.3"),
            ("1.2", "1.2.0"),
            ("1.2.3+build.5", "1.2.3+other"),
            ("1.2.3beta", "1.2.3-beta"),
            ("1.2.3.beta", "1.2.3-beta"),
            ("1.2.03", "1.2.3"),
            ("1.2.3-", "1.2.3"),
        ] {
            assert_eq!(Scheme::SemVer.compare(left, right), Ordering::Equal, "{left} {right}");
        }
    }
}
