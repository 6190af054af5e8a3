//! Values with wildcards, and regular expressions with bounds.

use regex::{Regex, RegexBuilder};

/// Bytes of one compiled expression.
const MAX_COMPILED_BYTES: usize = 1 << 20;

/// A value in which `*` stands for any text and `?` for any character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wildcard(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Anything,
    Literal(String),
    Pattern(Vec<char>),
}

impl Wildcard {
    pub(crate) fn new(text: &str) -> Self {
        Self(if text == "*" {
            Kind::Anything
        } else if text.contains(['*', '?']) {
            Kind::Pattern(text.chars().collect())
        } else {
            Kind::Literal(text.to_owned())
        })
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        match &self.0 {
            Kind::Anything => true,
            Kind::Literal(literal) => literal == text,
            Kind::Pattern(pattern) => fits(pattern, text),
        }
    }
}

/// Greedy matching with one point to return to: at most pattern times text.
fn fits(pattern: &[char], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || text.get(t) == Some(c) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((star, from)) = retry else { return false };
                retry = Some((star, from + 1));
                p = star + 1;
                t = from + 1;
            }
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

/// Compiles an expression that may match anywhere in a text.
pub(crate) fn regex(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text)
        .size_limit(MAX_COMPILED_BYTES)
        .build()
        .map_err(|error| format!("{text:?} is not a regular expression: {error}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards_fit_as_people_expect() {
        let cases = [
            ("*", "", true),
            ("shop", "shop", true),
            ("shop", "shops", false),
            ("shop*", "shops", true),
            ("*shop", "coffeeshop", true),
            ("c*s*p", "coffee-shop", true),
            ("c*s*x", "coffee-shop", false),
            ("sh?p", "ship", true),
            ("sh?p", "shp", false),
            ("?", "", false),
            ("**a**", "bab", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(Wildcard::new(pattern).is_match(text), expected, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn wildcards_agree_with_regular_expressions(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let expression = pattern.replace('*', ".*").replace('?', ".");
            let expected = regex(&format!("^(?:{expression})$")).unwrap().is_match(&text);
            prop_assert_eq!(Wildcard::new(&pattern).is_match(&text), expected);
        }
    }
}
