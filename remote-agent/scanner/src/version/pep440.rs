//! Python's order, PEP 440.
//!
//! What is no version by it is before all that are, in the generic order.

use std::cmp::Ordering;

use super::digits::{self, CaseFolded, Digits};
use super::{generic, sequence};

/// Orders two Python versions.
pub(super) fn compare(left: &[u8], right: &[u8]) -> Ordering {
    match (Version::parse(left), Version::parse(right)) {
        (Some(left), Some(right)) => left.compare(&right),
        (None, None) => generic::compare(left, right),
        (left, right) => left.is_some().cmp(&right.is_some()),
    }
}

/// A version in its parts.
#[derive(Clone, Debug, Default)]
pub(super) struct Version<'a> {
    pub(super) epoch: Digits<'a>,
    /// Numbers and dots.
    pub(super) release: &'a [u8],
    /// `a`, `b` or `rc` and its number.
    pub(super) early: Option<(Phase, Digits<'a>)>,
    pub(super) post: Option<Digits<'a>>,
    pub(super) dev: Option<Digits<'a>>,
    pub(super) local: Option<&'a [u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Alpha,
    Beta,
    Candidate,
}

/// Where a version without early phase stands among those that have one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Early<'a> {
    /// A development version of the release itself, before its first alpha.
    Development,
    Phase(Phase, Digits<'a>),
    Final,
}

impl<'a> Version<'a> {
    /// Reads a version in any spelling that PEP 440 accepts.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        let text = text.strip_prefix(b"v").or_else(|| text.strip_prefix(b"V")).unwrap_or(text);
        let mut version = Self::default();
        let (first, after) = digits::take(text);
        let rest = match after.strip_prefix(b"!") {
            Some(rest) if !first.0.is_empty() => {
                version.epoch = first;
                rest
            }
            _ => text,
        };
        let (release, mut rest) = take_release(rest)?;
        version.release = release;
        if let Some((phase, number, after)) = take_phase(rest) {
            version.early = Some((phase, number));
            rest = after;
        }
        if let Some((number, after)) = take_post(rest) {
            version.post = Some(number);
            rest = after;
        }
        if let Some((number, after)) = take_marked(rest, &["dev"]) {
            version.dev = Some(number);
            rest = after;
        }
        if let Some(local) = rest.strip_prefix(b"+") {
            if !is_local(local) {
                return None;
            }
            version.local = Some(local);
            rest = b"";
        }
        rest.is_empty().then_some(version)
    }

    fn early(&self) -> Early<'a> {
        match (self.early, self.post, self.dev) {
            (Some((phase, number)), _, _) => Early::Phase(phase, number),
            (None, None, Some(_)) => Early::Development,
            (None, _, _) => Early::Final,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let release = |version: &Self| numbers(version.release);
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| sequence::compare(release(self), release(other), Digits::ZERO))
            .then_with(|| self.early().cmp(&other.early()))
            .then_with(|| self.post.cmp(&other.post))
            // No development version is after every one.
            .then_with(|| match (self.dev, other.dev) {
                (Some(left), Some(right)) => left.cmp(&right),
                (left, right) => left.is_none().cmp(&right.is_none()),
            })
            .then_with(|| match (self.local, other.local) {
                (Some(left), Some(right)) => {
                    sequence::compare(local_parts(left), local_parts(right), LocalPart::End)
                }
                (left, right) => left.is_some().cmp(&right.is_some()),
            })
    }
}

/// The numbers of a release.
pub(super) fn numbers(release: &[u8]) -> impl Iterator<Item = Digits<'_>> {
    release.split(|byte| *byte == b'.').map(Digits)
}

fn take_release(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut end = 0;
    loop {
        let (number, rest) = digits::take(text.get(end..)?);
        if number.0.is_empty() {
            // A dot that no number follows belongs to what is next.
            let end = end.checked_sub(1)?;
            return text.split_at_checked(end);
        }
        end += number.0.len();
        if rest.first() != Some(&b'.') {
            return text.split_at_checked(end);
        }
        end += 1;
    }
}

fn skip_separator(text: &[u8]) -> &[u8] {
    match text.split_first() {
        Some((b'.' | b'-' | b'_', rest)) => rest,
        _ => text,
    }
}

/// One of `words`, and the number after it; both may have a separator before
/// them.
fn take_marked<'a>(text: &'a [u8], words: &[&str]) -> Option<(Digits<'a>, &'a [u8])> {
    let text = skip_separator(text);
    let rest = words.iter().find_map(|word| {
        let (start, rest) = text.split_at_checked(word.len())?;
        start.eq_ignore_ascii_case(word.as_bytes()).then_some(rest)
    })?;
    Some(digits::take(skip_separator(rest)))
}

fn take_phase(text: &[u8]) -> Option<(Phase, Digits<'_>, &[u8])> {
    let phases: [(Phase, &[&str]); 3] = [
        (Phase::Alpha, &["alpha", "a"]),
        (Phase::Beta, &["beta", "b"]),
        (Phase::Candidate, &["preview", "pre", "c", "rc"]),
    ];
    phases.iter().find_map(|(phase, words)| {
        take_marked(text, words).map(|(number, rest)| (*phase, number, rest))
    })
}

fn take_post(text: &[u8]) -> Option<(Digits<'_>, &[u8])> {
    if let Some(bare) = text.strip_prefix(b"-") {
        let (number, rest) = digits::take(bare);
        if !number.0.is_empty() {
            return Some((number, rest));
        }
    }
    take_marked(text, &["post", "rev", "r"])
}

fn is_local(text: &[u8]) -> bool {
    let mut parts = text.split(|byte| matches!(byte, b'.' | b'-' | b'_'));
    parts.all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_alphanumeric))
}

/// In ascending order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LocalPart<'a> {
    End,
    Text(CaseFolded<'a>),
    Number(Digits<'a>),
}

fn local_parts(local: &[u8]) -> impl Iterator<Item = LocalPart<'_>> {
    local.split(|byte| matches!(byte, b'.' | b'-' | b'_')).map(|part| {
        if part.iter().all(u8::is_ascii_digit) {
            LocalPart::Number(Digits(part))
        } else {
            LocalPart::Text(CaseFolded(part))
        }
    })
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use crate::version::Scheme;

    #[test]
    fn ascending() {
        let ascending = [
            "no version",
            "0.9",
            "1.dev0",
            "1.0.dev456",
            "1.0a1.dev1",
            "1.0a1",
            "1.0a1.post1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post0.dev1",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.0.15",
            "1.1.dev1",
            "2024.1",
            "1!0.1",
        ];
        for pair in ascending.windows(2) {
            let [left, right] = pair else { continue };
            assert_eq!(Scheme::Pep440.compare(left, right), Ordering::Less, "{pair:?}");
            assert_eq!(Scheme::Pep440.compare(right, left), Ordering::Greater, "{pair:?}");
        }
    }

    #[test]
    fn spellings_of_one_version() {
        for (left, right) in [
            ("1.0", "1.0.0"),
            ("v1.0", "1.0"),
            ("1.1RC1", "1.1rc1"),
            ("1.1.a1", "1.1a1"),
            ("1.1-a.1", "1.1a1"),
            ("1.1a", "1.1a0"),
            ("1.1alpha1", "1.1a1"),
            ("1.1c1", "1.1rc1"),
            ("1.1preview2", "1.1rc2"),
            ("1.0-1", "1.0.post1"),
            ("1.0-r4", "1.0.post4"),
            ("1.2post", "1.2.post0"),
            ("1.2.dev", "1.2.dev0"),
            ("1.0+ubuntu-1", "1.0+ubuntu.1"),
            ("1.0+UBUNTU.01", "1.0+ubuntu.1"),
            ("0!1.0", "1.0"),
            ("01.00", "1"),
            ("1.0.dev.", "1.0.dev0"),
            ("1.0a.-1", "1.0a0.post1"),
        ] {
            assert_eq!(Scheme::Pep440.compare(left, right), Ordering::Equal, "{left} {right}");
        }
    }
}
