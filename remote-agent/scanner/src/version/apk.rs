//! Alpine's order: numbers, a letter, suffixes, a commit, `-r` revision.
//!
//! As apk-tools since 2.14 does it. What does not fit the form is before the
//! end, and ordered as text.

use std::cmp::Ordering;

use super::digits::{self, Digits};
use super::sequence;

/// Orders two Alpine versions.
pub(super) fn compare(left: &[u8], right: &[u8]) -> Ordering {
    sequence::compare(Tokens::new(left), Tokens::new(right), Token::End)
}

/// In ascending order: where two versions differ in kind, the one whose form
/// goes on earlier in the list of forms is the newer one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Token<'a> {
    /// `_alpha`, `_beta`, `_pre`, `_rc`.
    EarlySuffix(u8),
    Malformed(&'a [u8]),
    End,
    Revision(Digits<'a>),
    /// `~` and a commit's hash.
    Commit(&'a [u8]),
    SuffixNumber(Digits<'a>),
    /// `_cvs`, `_svn`, `_git`, `_hg`, `_p`.
    LateSuffix(u8),
    Letter(u8),
    Number(Part<'a>),
}

/// A number after a dot. Where one of two starts with zero both are compared
/// as text, as fractions are; that is before every number without.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Fraction(&'a [u8]),
    Whole(Digits<'a>),
}

const EARLY: [&str; 4] = ["alpha", "beta", "pre", "rc"];
const LATE: [&str; 5] = ["cvs", "svn", "git", "hg", "p"];

/// What came before, which decides what may follow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum After {
    Start,
    Number,
    Letter,
    Suffix,
    SuffixNumber,
    Commit,
    Revision,
}

struct Tokens<'a> {
    rest: &'a [u8],
    after: After,
}

impl<'a> Tokens<'a> {
    const fn new(text: &'a [u8]) -> Self {
        Self { rest: text, after: After::Start }
    }

    /// What is next, what that is, and the rest; none when it does not fit.
    fn read(&self) -> Option<(Token<'a>, After, &'a [u8])> {
        let (first, after) = self.rest.split_first()?;
        match first {
            b'0'..=b'9' if self.after == After::Start => {
                let (number, rest) = digits::take(self.rest);
                Some((Token::Number(Part::Whole(number)), After::Number, rest))
            }
            b'.' if self.after == After::Number => {
                let (number, rest) = digits::take(after);
                let part = match number.0.first()? {
                    b'0' => Part::Fraction(number.0),
                    _ => Part::Whole(number),
                };
                Some((Token::Number(part), After::Number, rest))
            }
            b'a'..=b'z' if self.after == After::Number => {
                Some((Token::Letter(*first), After::Letter, after))
            }
            b'0'..=b'9' if self.after == After::Suffix => {
                let (number, rest) = digits::take(self.rest);
                Some((Token::SuffixNumber(number), After::SuffixNumber, rest))
            }
            b'_' if self.after <= After::SuffixNumber => {
                let (name, rest) = digits::take_letters(after);
                let rank = |names: &[&str]| names.iter().position(|known| known.as_bytes() == name);
                let token = match (rank(&EARLY), rank(&LATE)) {
                    (Some(rank), _) => Token::EarlySuffix(rank as u8),
                    (None, Some(rank)) => Token::LateSuffix(rank as u8),
                    (None, None) => return None,
                };
                Some((token, After::Suffix, rest))
            }
            b'~' if self.after < After::Commit => {
                let (hash, rest) = digits::take_while(after, u8::is_ascii_hexdigit);
                (!hash.is_empty()).then_some((Token::Commit(hash), After::Commit, rest))
            }
            b'-' if self.after < After::Revision => {
                let (number, rest) = digits::take(after.strip_prefix(b"r")?);
                let known = !number.0.is_empty();
                known.then_some((Token::Revision(number), After::Revision, rest))
            }
            _ => None,
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let Some((token, after, rest)) = self.read() else {
            return Some(Token::Malformed(std::mem::take(&mut self.rest)));
        };
        (self.after, self.rest) = (after, rest);
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
            "0.9",
            "1.0_alpha",
            "1.0_alpha2",
            "1.0_beta1",
            "1.0_pre20120101",
            "1.0_rc1",
            "1.0_rc1_git20200101",
            "1.0",
            "1.0-r0",
            "1.0-r1",
            "1.0-r10",
            "1.0~0f3a",
            "1.0_git20200101",
            "1.0_p1",
            "1.0_p2-r1",
            "1.0_p2_p1",
            "1.0a",
            "1.0b",
            "1.0.1",
            "1.05",
            "1.1",
            "1.1.1g-r0",
            "1.1.1k-r0",
            "1.1.1.1",
            "1.10",
            "2",
        ];
        for pair in ascending.windows(2) {
            let [left, right] = pair else { continue };
            assert_eq!(Scheme::Apk.compare(left, right), Ordering::Less, "{pair:?}");
            assert_eq!(Scheme::Apk.compare(right, left), Ordering::Greater, "{pair:?}");
        }
    }

    #[test]
    fn a_part_with_a_leading_zero_is_a_fraction() {
        assert_eq!(Scheme::Apk.compare("1.05", "1.5"), Ordering::Less);
        assert_eq!(Scheme::Apk.compare("1.050", "1.05"), Ordering::Greater);
        assert_eq!(Scheme::Apk.compare("1.09", "1.1"), Ordering::Less);
        assert_eq!(Scheme::Apk.compare("01.5", "1.5"), Ordering::Equal);
    }

    #[test]
    fn what_does_not_fit_is_before_the_end() {
        for odd in ["1.0-1", "1.0_nightly", "1.0A", "1.0.", "1.0-r"] {
            assert_eq!(Scheme::Apk.compare(odd, "1.0"), Ordering::Less, "{odd}");
        }
        assert_eq!(Scheme::Apk.compare("1.0-1", "1.0-2"), Ordering::Less);
    }
}
