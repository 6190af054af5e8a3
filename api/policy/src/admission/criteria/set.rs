//! Criteria that compare a set of the workload with a list of values.

use palisade_api::rest::admission::AdmissionCriterion;
use regex::Regex;

use super::{Met, Subject, Test};
use crate::pattern::{self, Wildcard};

pub(super) const SET: &[&str] =
    &["containsAll", "containsAny", "notContainsAny", "containsOtherThan"];
pub(super) const SET_AND_REGEX: &[&str] =
    &["containsAll", "containsAny", "notContainsAny", "containsOtherThan", "regex", "!regex"];
pub(super) const ANY: &[&str] = &["containsAny", "notContainsAny"];
pub(super) const ANY_AND_REGEX: &[&str] = &["containsAny", "notContainsAny", "regex", "!regex"];

/// The values of a list, without blanks around them and without empty ones.
pub(super) fn values(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|value| !value.is_empty()).collect()
}

/// The list without blanks.
pub(super) fn normal(text: &str) -> Result<String, String> {
    let values = values(text);
    if values.is_empty() {
        return Err("it needs a value".to_owned());
    }
    Ok(values.join(","))
}

enum Operator {
    All,
    Any,
    None,
    OtherThan,
    Matches(Regex),
    MatchesNot(Regex),
}

/// How a set is compared with values of some form.
pub(super) struct Comparison<V> {
    operator: Operator,
    values: Vec<V>,
    fits: fn(&V, &str) -> bool,
}

impl<V> Comparison<V> {
    fn new(
        criterion: &AdmissionCriterion,
        values: Vec<V>,
        fits: fn(&V, &str) -> bool,
    ) -> Result<Self, String> {
        let operator = match criterion.op.as_str() {
            "containsAll" => Operator::All,
            "containsAny" => Operator::Any,
            "notContainsAny" => Operator::None,
            "containsOtherThan" => Operator::OtherThan,
            "regex" => Operator::Matches(pattern::regex(&criterion.value)?),
            "!regex" => Operator::MatchesNot(pattern::regex(&criterion.value)?),
            other => return Err(format!("{other:?} is no operator of it")),
        };
        Ok(Self { operator, values, fits })
    }

    /// Whether the elements of a set meet it.
    pub(super) fn is_met(&self, elements: &[String]) -> bool {
        let Self { operator, values, fits } = self;
        let any = |value: &V| elements.iter().any(|element| fits(value, element));
        match operator {
            Operator::All => !elements.is_empty() && values.iter().all(any),
            Operator::Any => values.iter().any(any),
            Operator::None => !values.iter().any(any),
            Operator::OtherThan => {
                elements.iter().any(|element| !values.iter().any(|value| fits(value, element)))
            }
            Operator::Matches(regex) => elements.iter().any(|element| regex.is_match(element)),
            Operator::MatchesNot(regex) => !elements.iter().any(|element| regex.is_match(element)),
        }
    }
}

/// A comparison with the values of a criterion, which may have wildcards.
pub(super) fn wildcards(criterion: &AdmissionCriterion) -> Result<Comparison<Wildcard>, String> {
    let wildcards = values(&criterion.value).into_iter().map(Wildcard::new).collect();
    Comparison::new(criterion, wildcards, Wildcard::is_match)
}

/// Compares the elements that `elements` gives with the values.
pub(super) fn strings(
    criterion: &AdmissionCriterion,
    elements: impl Fn(&Subject<'_>) -> Vec<String> + Send + Sync + 'static,
) -> Result<Test, String> {
    Ok(test(wildcards(criterion)?, elements))
}

/// As [`strings`], for elements `key=value`: a value without `=` is compared
/// with the key alone.
pub(super) fn pairs(
    criterion: &AdmissionCriterion,
    elements: impl Fn(&Subject<'_>) -> Vec<String> + Send + Sync + 'static,
) -> Result<Test, String> {
    let wildcards = values(&criterion.value)
        .into_iter()
        .map(|value| (Wildcard::new(value), !value.contains('=')))
        .collect();
    build(criterion, elements, wildcards, |(wildcard, by_key): &(Wildcard, bool), element| {
        let compared =
            if *by_key { element.split('=').next().unwrap_or_default() } else { element };
        wildcard.is_match(compared)
    })
}

/// Compares the elements with values of any form.
pub(super) fn build<V: Send + Sync + 'static>(
    criterion: &AdmissionCriterion,
    elements: impl Fn(&Subject<'_>) -> Vec<String> + Send + Sync + 'static,
    values: Vec<V>,
    fits: fn(&V, &str) -> bool,
) -> Result<Test, String> {
    Ok(test(Comparison::new(criterion, values, fits)?, elements))
}

fn test<V: Send + Sync + 'static>(
    comparison: Comparison<V>,
    elements: impl Fn(&Subject<'_>) -> Vec<String> + Send + Sync + 'static,
) -> Test {
    Test::new(move |subject| Met::from(comparison.is_met(&elements(subject))))
}
