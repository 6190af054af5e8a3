//! The labels of a cluster, in the form of Kubernetes' labels.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::PolicyError;
use crate::error::shorten;

/// Labels of one cluster.
const MAX_LABELS: usize = 64;
const MAX_PART_BYTES: usize = 63;
const MAX_PREFIX_BYTES: usize = 253;

/// The labels of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct ClusterLabels(BTreeMap<String, String>);

impl ClusterLabels {
    /// The value of a label.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All of them.
    pub const fn as_map(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// These and those of `others`, whose values count where both have a key.
    pub fn overlaid(mut self, others: Self) -> Result<Self, PolicyError> {
        self.0.extend(others.0);
        self.0.try_into()
    }
}

impl TryFrom<BTreeMap<String, String>> for ClusterLabels {
    type Error = PolicyError;

    fn try_from(labels: BTreeMap<String, String>) -> Result<Self, PolicyError> {
        if labels.len() > MAX_LABELS {
            return Err(PolicyError::field("labels", format!("{MAX_LABELS} at most")));
        }
        for (key, value) in &labels {
            check_key(key)?;
            check_value(value)?;
        }
        Ok(Self(labels))
    }
}

/// Reads `key=value` with commas between.
impl FromStr for ClusterLabels {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let mut labels = BTreeMap::new();
        for label in text.split(',').map(str::trim).filter(|label| !label.is_empty()) {
            let (key, value) = label.split_once('=').ok_or_else(|| {
                PolicyError::field("labels", "they are key=value with commas between")
            })?;
            if labels.insert(key.trim().to_owned(), value.trim().to_owned()).is_some() {
                let reason = format!("the key {:?} is there twice", shorten(key));
                return Err(PolicyError::field("labels", reason));
            }
        }
        labels.try_into()
    }
}

impl From<ClusterLabels> for BTreeMap<String, String> {
    fn from(labels: ClusterLabels) -> Self {
        labels.0
    }
}

pub(super) fn check_key(key: &str) -> Result<(), PolicyError> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let is_domain = |prefix: &str| {
        let label = |label: &str| {
            is_part(label)
                && label.chars().all(|c| c == '-' || c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        prefix.len() <= MAX_PREFIX_BYTES && prefix.split('.').all(label)
    };
    if is_part(name) && prefix.is_none_or(is_domain) {
        return Ok(());
    }
    Err(PolicyError::InvalidName {
        name: shorten(key),
        reason: "the key of a label is 63 letters, digits, '.', '_' and '-' at most, beginning and \
                 ending with a letter or digit, behind an optional domain and '/'",
    })
}

pub(super) fn check_value(value: &str) -> Result<(), PolicyError> {
    if value.is_empty() || is_part(value) {
        return Ok(());
    }
    Err(PolicyError::InvalidName {
        name: shorten(value),
        reason: "the value of a label is empty, or 63 letters, digits, '.', '_' and '-' at most, \
                 beginning and ending with a letter or digit",
    })
}

fn is_part(text: &str) -> bool {
    let is_end = |c: char| c.is_ascii_alphanumeric();
    (1..=MAX_PART_BYTES).contains(&text.len())
        && text.starts_with(is_end)
        && text.ends_with(is_end)
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_the_form_of_kubernetes() {
        let long = "x".repeat(64);
        for (key, value, fits) in [
            ("env", "prod", true),
            ("env", "", true),
            ("topology.example.com/region", "eu-west_1.a", true),
            ("A", "0", true),
            ("", "x", false),
            ("-env", "x", false),
            ("env-", "x", false),
            ("a b", "x", false),
            ("/env", "x", false),
            ("Example.com/env", "x", false),
            ("a/b/c", "x", false),
            ("env", "-x", false),
            ("env", "ü", false),
            ("env", "a/b", false),
            (long.as_str(), "x", false),
            ("env", long.as_str(), false),
        ] {
            let labels = BTreeMap::from([(key.to_owned(), value.to_owned())]);
            assert_eq!(ClusterLabels::try_from(labels).is_ok(), fits, "{key:?}={value:?}");
        }
    }

    #[test]
    fn they_are_read_from_a_text() {
        let labels: ClusterLabels = "env=prod, region=eu,".parse().unwrap();
        assert_eq!((labels.get("env"), labels.get("region")), (Some("prod"), Some("eu")));
        for wrong in ["env", "env=a,env=b", "=a"] {
            assert!(wrong.parse::<ClusterLabels>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn there_are_only_so_many() {
        let labels = |n: usize| (0..n).map(|n| (format!("k{n}"), String::new())).collect();
        let of = |map: BTreeMap<String, String>| ClusterLabels::try_from(map);
        assert!(of(labels(MAX_LABELS)).is_ok());
        assert!(of(labels(MAX_LABELS + 1)).is_err());
    }
}
