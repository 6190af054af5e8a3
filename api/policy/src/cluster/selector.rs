//! A selector of clusters, in the form and with the meaning of Kubernetes' label
//! selectors.

use std::collections::{BTreeMap, BTreeSet};

use palisade_api::rest::cluster_selector as rest;
use serde::{Deserialize, Serialize};

use super::ClusterLabels;
use super::label::{check_key, check_value};
use crate::PolicyError;
use crate::error::shorten;

/// Labels and expressions of one selector.
const MAX_REQUIREMENTS: usize = 32;
/// Values of all its expressions together.
const MAX_VALUES: usize = 256;

/// Which clusters an object is for. All requirements must be met; none means
/// every cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "rest::ClusterSelector", into = "rest::ClusterSelector")]
pub struct ClusterSelector(BTreeSet<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Test {
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    Exists,
    DoesNotExist,
}

impl ClusterSelector {
    /// Selects every cluster.
    pub const fn everything() -> Self {
        Self(BTreeSet::new())
    }

    /// Whether it selects every cluster, whatever its labels.
    pub fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it selects a cluster with these labels.
    pub fn matches(&self, labels: &ClusterLabels) -> bool {
        self.0.iter().all(|requirement| requirement.matches(labels))
    }

    /// Whether every cluster that it selects is selected by `other` too, as far
    /// as can be told from each label for itself. Never true by mistake.
    pub fn is_within(&self, other: &Self) -> bool {
        other.0.iter().all(|wanted| self.0.iter().any(|given| given.implies(wanted)))
    }
}

impl Requirement {
    fn matches(&self, labels: &ClusterLabels) -> bool {
        let value = labels.get(&self.key);
        match &self.test {
            Test::In(values) => value.is_some_and(|value| values.contains(value)),
            Test::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
            Test::Exists => value.is_some(),
            Test::DoesNotExist => value.is_none(),
        }
    }

    fn implies(&self, other: &Self) -> bool {
        if self.key != other.key {
            return false;
        }
        match (&self.test, &other.test) {
            (Test::In(given), Test::In(wanted)) => given.is_subset(wanted),
            (Test::In(given), Test::NotIn(refused)) => given.is_disjoint(refused),
            (Test::NotIn(given), Test::NotIn(refused)) => refused.is_subset(given),
            (Test::DoesNotExist, Test::NotIn(_) | Test::DoesNotExist)
            | (Test::In(_) | Test::Exists, Test::Exists) => true,
            _ => false,
        }
    }
}

impl TryFrom<rest::ClusterSelector> for ClusterSelector {
    type Error = PolicyError;

    fn try_from(selector: rest::ClusterSelector) -> Result<Self, PolicyError> {
        let rest::ClusterSelector { match_labels, match_expressions } = selector;
        let wrong = |reason: String| PolicyError::field("cluster_selector", reason);
        if match_labels.len() + match_expressions.len() > MAX_REQUIREMENTS {
            return Err(wrong(format!("{MAX_REQUIREMENTS} labels and expressions at most")));
        }
        let values: usize =
            match_expressions.iter().map(|expression| expression.values.len()).sum();
        if values > MAX_VALUES {
            return Err(wrong(format!("{MAX_VALUES} values at most")));
        }
        let mut requirements = BTreeSet::new();
        for (key, value) in match_labels {
            check_key(&key)?;
            check_value(&value)?;
            requirements.insert(Requirement { key, test: Test::In(BTreeSet::from([value])) });
        }
        for rest::ClusterSelectorRequirement { key, operator, values } in match_expressions {
            check_key(&key)?;
            for value in &values {
                check_value(value)?;
            }
            let values: BTreeSet<String> = values.into_iter().collect();
            let test = match (operator.as_str(), values.is_empty()) {
                ("In", false) => Test::In(values),
                ("NotIn", false) => Test::NotIn(values),
                ("Exists", true) => Test::Exists,
                ("DoesNotExist", true) => Test::DoesNotExist,
                ("In" | "NotIn", true) => {
                    return Err(wrong(format!("{operator} of {key:?} needs values")));
                }
                ("Exists" | "DoesNotExist", false) => {
                    return Err(wrong(format!("{operator} of {key:?} takes no values")));
                }
                _ => {
                    let operator = shorten(&operator);
                    return Err(wrong(format!(
                        "the operator {operator:?} is none of In, NotIn, Exists and DoesNotExist"
                    )));
                }
            };
            requirements.insert(Requirement { key, test });
        }
        Ok(Self(requirements))
    }
}

impl From<ClusterSelector> for rest::ClusterSelector {
    fn from(selector: ClusterSelector) -> Self {
        let mut match_labels = BTreeMap::new();
        let mut match_expressions = Vec::new();
        for Requirement { key, test } in selector.0 {
            let (operator, values) = match test {
                Test::In(mut values) if values.len() == 1 && !match_labels.contains_key(&key) => {
                    match_labels.extend(values.pop_first().map(|value| (key, value)));
                    continue;
                }
                Test::In(values) => ("In", values),
                Test::NotIn(values) => ("NotIn", values),
                Test::Exists => ("Exists", BTreeSet::new()),
                Test::DoesNotExist => ("DoesNotExist", BTreeSet::new()),
            };
            match_expressions.push(rest::ClusterSelectorRequirement {
                key,
                operator: operator.to_owned(),
                values: values.into_iter().collect(),
            });
        }
        Self { match_labels, match_expressions }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn selector(json: serde_json::Value) -> Result<ClusterSelector, PolicyError> {
        serde_json::from_value::<rest::ClusterSelector>(json).unwrap().try_into()
    }

    fn labels(pairs: &[(&str, &str)]) -> ClusterLabels {
        let map: BTreeMap<String, String> =
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        map.try_into().unwrap()
    }

    #[test]
    fn it_means_what_it_means_in_kubernetes() {
        let prod = labels(&[("env", "prod"), ("region", "eu")]);
        let test = labels(&[("env", "test")]);
        let bare = labels(&[]);
        let one = |operator: &str, values: &[&str]| json!({"matchExpressions": [{"key": "env", "operator": operator, "values": values}]});
        for (json, of_prod, of_test, of_bare) in [
            (json!({}), true, true, true),
            (json!({"matchLabels": {"env": "prod"}}), true, false, false),
            (json!({"matchLabels": {"env": "prod", "region": "us"}}), false, false, false),
            (one("In", &["prod", "dev"]), true, false, false),
            (one("NotIn", &["prod"]), false, true, true),
            (one("Exists", &[]), true, true, false),
            (one("DoesNotExist", &[]), false, false, true),
        ] {
            let selector = selector(json.clone()).unwrap();
            let answers = [&prod, &test, &bare].map(|labels| selector.matches(labels));
            assert_eq!(answers, [of_prod, of_test, of_bare], "{json}");
        }
    }

    #[test]
    fn what_cannot_be_or_explodes_is_refused() {
        let expression = |key: &str, operator: &str, values: &[&str]| json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
        let many = |n: usize| -> Vec<String> { (0..n).map(|n| format!("v{n}")).collect() };
        let few: Vec<_> =
            (0..33).map(|n| json!({"key": format!("k{n}"), "operator": "Exists"})).collect();
        for json in [
            expression("env", "in", &["a"]),
            expression("env", "In", &[]),
            expression("env", "Exists", &["a"]),
            expression("a b", "Exists", &[]),
            expression("env", "In", &["a b"]),
            json!({"matchLabels": {"": "a"}}),
            json!({"matchExpressions": few}),
            json!({"matchExpressions": [{"key": "a", "operator": "In", "values": many(257)}]}),
        ] {
            assert!(selector(json.clone()).is_err(), "{json}");
        }
        assert!(
            selector(
                json!({"matchExpressions": [{"key": "a", "operator": "In", "values": many(256)}]})
            )
            .is_ok()
        );
    }

    fn any_selector() -> impl Strategy<Value = ClusterSelector> {
        let value = || "[xyz]";
        let expression = ("[ab]", 0..4_usize, vec(value(), 1..3)).prop_map(|(key, op, values)| {
            let operator = ["In", "NotIn", "Exists", "DoesNotExist"][op];
            let values = if op < 2 { values } else { Vec::new() };
            rest::ClusterSelectorRequirement { key, operator: operator.to_owned(), values }
        });
        (btree_map("[ab]", value(), 0..2), vec(expression, 0..3)).prop_map(
            |(match_labels, match_expressions)| {
                rest::ClusterSelector { match_labels, match_expressions }.try_into().unwrap()
            },
        )
    }

    fn any_labels() -> impl Strategy<Value = ClusterLabels> {
        btree_map("[ab]", "[xyz]", 0..3).prop_map(|map| map.try_into().unwrap())
    }

    proptest! {
        #[test]
        fn within_is_never_true_by_mistake(
            narrow in any_selector(), wide in any_selector(), labels in any_labels(),
        ) {
            prop_assert!(narrow.is_within(&narrow));
            prop_assert!(narrow.is_within(&ClusterSelector::everything()));
            if narrow.is_within(&wide) && narrow.matches(&labels) {
                prop_assert!(wide.matches(&labels));
            }
        }

        #[test]
        fn its_form_for_clients_leads_back_to_it(selector in any_selector()) {
            let form = rest::ClusterSelector::from(selector.clone());
            prop_assert_eq!(ClusterSelector::try_from(form).unwrap(), selector);
        }
    }
}
