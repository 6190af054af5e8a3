//! Namespaces that a role is given in; `*` stands for any text.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Longest name of a namespace, in characters.
const MAX_NAME: usize = 253;

/// A namespace, or a pattern of namespaces.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Namespace(String);

/// A text that cannot name a namespace.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a namespace has letters, digits, '.', '_', '-', ':' and '*' alone; {0:?} is none")]
pub struct NotANamespace(String);

impl Namespace {
    /// The name or pattern.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether every namespace of `other` is one of `self`.
    pub fn covers(&self, other: &Self) -> bool {
        // A star of `other` is met by a star alone, since no other character
        // of a pattern is one; so whatever it stands for is covered as well.
        self.fits(&other.0)
    }

    /// Whether it is the name of a namespace, or the pattern of it.
    pub fn fits(&self, name: &str) -> bool {
        let (pattern, text) = (self.0.as_bytes(), name.as_bytes());
        let (mut p, mut t) = (0, 0);
        let mut back: Option<(usize, usize)> = None;
        while t < text.len() {
            if pattern.get(p) == Some(&b'*') {
                back = Some((p, t));
                p += 1;
            } else if pattern.get(p) == Some(&text[t]) {
                p += 1;
                t += 1;
            } else if let Some((star, from)) = back {
                p = star + 1;
                t = from + 1;
                back = Some((star, t));
            } else {
                return false;
            }
        }
        pattern[p..].iter().all(|c| *c == b'*')
    }
}

impl FromStr for Namespace {
    type Err = NotANamespace;

    fn from_str(text: &str) -> Result<Self, NotANamespace> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '*');
        if !text.is_empty() && text.len() <= MAX_NAME && text.chars().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotANamespace(text.chars().take(64).collect()))
        }
    }
}

impl TryFrom<String> for Namespace {
    type Error = NotANamespace;

    fn try_from(text: String) -> Result<Self, NotANamespace> {
        text.parse()
    }
}

impl From<Namespace> for String {
    fn from(namespace: Namespace) -> Self {
        namespace.0
    }
}

impl Borrow<str> for Namespace {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &str, other: &str) -> bool {
        pattern.parse::<Namespace>().unwrap().covers(&other.parse().unwrap())
    }

    #[test]
    fn a_pattern_covers_what_it_can_stand_for_and_narrower_patterns() {
        for (pattern, other) in [
            ("a", "a"),
            ("*", "a"),
            ("*", "*"),
            ("team-*", "team-a"),
            ("t*m", "team"),
            ("team-*", "team-b*"),
            ("*a*", "xay"),
            ("a**", "a"),
        ] {
            assert!(covers(pattern, other), "{pattern} {other}");
        }
        for (pattern, other) in [
            ("a", "b"),
            ("a", "a*"),
            ("team-*", "team"),
            ("team-*", "*"),
            ("a*b", "a*"),
            ("*a", "ab"),
        ] {
            assert!(!covers(pattern, other), "{pattern} {other}");
        }
    }

    #[test]
    fn names() {
        for name in ["", "a b", "a/b", "é", &"x".repeat(254)] {
            assert!(name.parse::<Namespace>().is_err(), "{name}");
        }
    }
}
