//! Plain comparisons, in any order.

use std::ops::Bound;

use super::super::Scheme;
use super::lex::{self, Operator, Term};
use super::{Intervals, RangeError};

/// Reads `>=1.0, <2.0 || =3.0`.
pub(super) fn parse(scheme: Scheme, text: &str) -> Result<Intervals, RangeError> {
    alternatives(scheme, text, None, |term| {
        let Term::Single(operator, version) = term else {
            return Err(RangeError::Operator("-".to_owned()));
        };
        match version {
            "*" if matches!(operator, Operator::Bare | Operator::Equal) => {
                Ok(Intervals::all(scheme))
            }
            version => comparison(scheme, operator, version),
        }
    })
}

/// The union of the alternatives, each the intersection of what `read` makes
/// of its terms. `blank` is what an alternative without terms means, where it
/// means anything.
pub(super) fn alternatives(
    scheme: Scheme,
    text: &str,
    blank: Option<&Intervals>,
    read: impl Fn(Term<'_>) -> Result<Intervals, RangeError>,
) -> Result<Intervals, RangeError> {
    let mut all = Vec::new();
    for terms in lex::alternatives(text)? {
        if terms.is_empty() {
            let blank = blank.ok_or(RangeError::Empty)?;
            all.extend_from_slice(blank.intervals());
            continue;
        }
        let mut both = Intervals::all(scheme);
        for term in terms {
            both = both.intersection(&read(term)?);
        }
        all.extend_from_slice(both.intervals());
    }
    Ok(Intervals::of(scheme, all))
}

/// What one comparison holds for.
pub(super) fn comparison(
    scheme: Scheme,
    operator: Operator,
    version: &str,
) -> Result<Intervals, RangeError> {
    let text = version.to_owned();
    let (lower, upper) = match operator {
        Operator::Less => (Bound::Unbounded, Bound::Excluded(text)),
        Operator::LessOrEqual => (Bound::Unbounded, Bound::Included(text)),
        Operator::Greater => (Bound::Excluded(text), Bound::Unbounded),
        Operator::GreaterOrEqual => (Bound::Included(text), Bound::Unbounded),
        Operator::Bare | Operator::Equal | Operator::Identical => {
            (Bound::Included(text.clone()), Bound::Included(text))
        }
        Operator::NotEqual => return Ok(Intervals::exactly(scheme, version).complement()),
        Operator::Caret | Operator::Tilde | Operator::Pessimistic | Operator::Compatible => {
            return Err(RangeError::Operator(operator.text().to_owned()));
        }
    };
    Ok(Intervals::between(scheme, lower, upper))
}

#[cfg(test)]
mod tests {
    use crate::version::Scheme;
    use crate::version::range::{RangeError, Syntax};

    #[test]
    fn comparisons_in_the_order_of_the_scheme() {
        for (scheme, range, inside, outside) in [
            (Scheme::Dpkg, "< 1.0-1~deb12u1", "1.0-1~deb11u1", "1.0-1"),
            (Scheme::Generic, ">=1.0.2 <1.0.2zd||>=1.1.0 <1.1.1n", "1.0.2zc", "1.0.2zd"),
            (Scheme::Go, "<v1.19.15 || >=v1.20.0 <v1.20.11", "1.20.10", "1.20.11"),
            (Scheme::SemVer, ">= 1.0.0, < 2.0.0", "1.9.9", "2.0.0"),
            (Scheme::SemVer, "= 1.2.3", "1.2.3", "1.2.4"),
            (Scheme::SemVer, "1.2.3", "v1.2.3", "1.2.2"),
            (Scheme::SemVer, "> 1.2.3", "1.2.4", "1.2.3"),
            (Scheme::SemVer, "!= 1.2.3", "1.2.4", "1.2.3"),
        ] {
            let range = Syntax::List(scheme).parse(range).unwrap();
            assert!(range.contains(inside), "{range:?} {inside}");
            assert!(!range.contains(outside), "{range:?} {outside}");
        }
        assert!(Syntax::List(Scheme::Rpm).parse("*").unwrap().contains("1"));
        assert!(Syntax::List(Scheme::Rpm).parse("<1,>1").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_list() {
        let parse = |text| Syntax::List(Scheme::SemVer).parse(text);
        assert_eq!(parse(""), Err(RangeError::Empty));
        assert_eq!(parse("<1 ||"), Err(RangeError::Empty));
        assert_eq!(parse("^1"), Err(RangeError::Operator("^".to_owned())));
        assert_eq!(parse("1 - 2"), Err(RangeError::Operator("-".to_owned())));
        assert_eq!(parse(&" ".repeat(70_000)), Err(RangeError::TooLong));
    }
}
