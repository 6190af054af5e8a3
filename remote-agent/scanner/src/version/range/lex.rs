//! The parts of a range that is written with operators.

use super::RangeError;

/// Most parts of one range.
const MAX_TERMS: usize = 2_000;

/// An operator, in the union of all syntaxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// None at all.
    Bare,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    /// `===`
    Identical,
    NotEqual,
    /// `^`
    Caret,
    /// `~`
    Tilde,
    /// `~>`
    Pessimistic,
    /// `~=`
    Compatible,
}

const OPERATORS: [(&str, Operator); 14] = [
    ("", Operator::Bare),
    ("<", Operator::Less),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    (">=", Operator::GreaterOrEqual),
    ("=", Operator::Equal),
    ("==", Operator::Equal),
    ("===", Operator::Identical),
    ("!=", Operator::NotEqual),
    ("<>", Operator::NotEqual),
    ("^", Operator::Caret),
    ("~", Operator::Tilde),
    ("~>", Operator::Pessimistic),
    ("~=", Operator::Compatible),
];

impl Operator {
    /// As it is written.
    pub(super) fn text(self) -> &'static str {
        let known = OPERATORS.iter().find(|(_, operator)| *operator == self);
        known.map_or("", |(text, _)| *text)
    }
}

/// A part of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Term<'a> {
    /// An operator and its version.
    Single(Operator, &'a str),
    /// `1.0 - 2.0`
    Span(&'a str, &'a str),
}

/// The alternatives of a range, each with its terms, all of which must hold.
/// An alternative without text has no terms.
pub(super) fn alternatives(text: &str) -> Result<Vec<Vec<Term<'_>>>, RangeError> {
    let mut alternatives = Vec::new();
    let mut left = MAX_TERMS;
    // One bar is as good as two: Composer says so, and no version has any.
    for alternative in text.split("||").flat_map(|part| part.split('|')) {
        let terms = terms(alternative, &mut left)?;
        alternatives.push(terms);
        left = left.checked_sub(1).ok_or(RangeError::TooLong)?;
    }
    Ok(alternatives)
}

fn terms<'a>(text: &'a str, left: &mut usize) -> Result<Vec<Term<'a>>, RangeError> {
    let between = |c: char| c.is_whitespace() || c == ',';
    let mut terms = Vec::new();
    let mut rest = text.trim_start_matches(between);
    while !rest.is_empty() {
        *left = left.checked_sub(1).ok_or(RangeError::TooLong)?;
        let of_operator = |c: char| matches!(c, '<' | '>' | '=' | '!' | '^' | '~');
        let (operator, after) = split_while(rest, of_operator);
        let known = OPERATORS.iter().find(|(text, _)| *text == operator);
        let (_, operator) = known.ok_or_else(|| RangeError::Operator(operator.to_owned()))?;
        let of_version = |c: char| !between(c) && !matches!(c, '<' | '>');
        let (version, after) = split_while(after.trim_start(), of_version);
        if version.is_empty() {
            return Err(RangeError::Version(rest.chars().take(40).collect()));
        }
        let next = after.trim_start();
        let spaced = next.len() < after.len();
        let span = next.strip_prefix('-').filter(|next| next.starts_with(char::is_whitespace));
        rest = match span {
            Some(next) if spaced && *operator == Operator::Bare => {
                let (end, after) = split_while(next.trim_start(), of_version);
                if end.is_empty() {
                    return Err(RangeError::Version(rest.chars().take(40).collect()));
                }
                terms.push(Term::Span(version, end));
                after
            }
            _ => {
                terms.push(Term::Single(*operator, version));
                after
            }
        };
        rest = rest.trim_start_matches(between);
    }
    Ok(terms)
}

fn split_while(text: &str, wanted: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c: char| !wanted(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_and_versions() {
        use Operator::{Bare, Caret, Equal, GreaterOrEqual, Less};
        for (text, expected) in [
            (">=1.0 <2.0", vec![vec![(GreaterOrEqual, "1.0"), (Less, "2.0")]]),
            (">= 1.0, < 2.0", vec![vec![(GreaterOrEqual, "1.0"), (Less, "2.0")]]),
            (">=1.0<2.0", vec![vec![(GreaterOrEqual, "1.0"), (Less, "2.0")]]),
            ("^1||=2", vec![vec![(Caret, "1")], vec![(Equal, "2")]]),
            ("1.x | 2-beta", vec![vec![(Bare, "1.x")], vec![(Bare, "2-beta")]]),
            ("<1:1.0~rc1", vec![vec![(Less, "1:1.0~rc1")]]),
            ("", vec![vec![]]),
        ] {
            let expected: Vec<Vec<Term<'_>>> = expected
                .into_iter()
                .map(|terms| terms.into_iter().map(|(op, v)| Term::Single(op, v)).collect())
                .collect();
            assert_eq!(alternatives(text), Ok(expected), "{text}");
        }
        let span = Term::Span("1.0", "2.0");
        assert_eq!(alternatives("1.0 - 2.0"), Ok(vec![vec![span]]));
    }

    #[test]
    fn what_is_no_range() {
        assert_eq!(alternatives("=>1"), Err(RangeError::Operator("=>".to_owned())));
        assert_eq!(alternatives(">= , 1"), Err(RangeError::Version(">= , 1".to_owned())));
        assert_eq!(alternatives("1 - "), Err(RangeError::Version("1 - ".to_owned())));
        assert_eq!(alternatives(&"<1 ".repeat(3_000)), Err(RangeError::TooLong));
        assert_eq!(alternatives(&"||".repeat(3_000)), Err(RangeError::TooLong));
    }
}
