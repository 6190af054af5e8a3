//! A selector as people type it, in the manner of `kubectl get -l`:
//! `env=prod,region in (eu,us),tier!=test,legacy,!retired`.

use std::str::FromStr;

use palisade_api::rest::cluster_selector::{ClusterSelector as Rest, ClusterSelectorRequirement};

use super::ClusterSelector;
use crate::PolicyError;
use crate::error::shorten;

/// Longest text that is read: what a selector may hold is far less.
const MAX_BYTES: usize = 32 * 1_024;

impl FromStr for ClusterSelector {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        if text.len() > MAX_BYTES {
            return Err(wrong(format!("{MAX_BYTES} bytes at most")));
        }
        let mut match_expressions = Vec::new();
        for part in parts(text)? {
            match_expressions.push(requirement(part)?);
        }
        Rest { match_expressions, ..Rest::default() }.try_into()
    }
}

fn wrong(reason: impl Into<String>) -> PolicyError {
    PolicyError::field("cluster_selector", reason)
}

/// What stands between commas, but for those within parentheses.
fn parts(text: &str) -> Result<Vec<&str>, PolicyError> {
    let mut parts = Vec::new();
    let (mut begin, mut within) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            '(' if !within => within = true,
            ')' if within => within = false,
            '(' | ')' => return Err(wrong("parentheses are in pairs, and not in one another")),
            ',' if !within => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    if within {
        return Err(wrong("a parenthesis is not closed"));
    }
    parts.push(&text[begin..]);
    Ok(parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect())
}

fn requirement(part: &str) -> Result<ClusterSelectorRequirement, PolicyError> {
    let one = |key: &str, operator: &str, values: Vec<String>| ClusterSelectorRequirement {
        key: key.trim().to_owned(),
        operator: operator.to_owned(),
        values,
    };
    if let Some(list) = part.strip_suffix(')') {
        let (head, list) = list.split_once('(').ok_or_else(|| not_understood(part))?;
        let mut words = head.split_whitespace();
        let (key, operator) = match (words.next(), words.next(), words.next()) {
            (Some(key), Some("in"), None) => (key, "In"),
            (Some(key), Some("notin"), None) => (key, "NotIn"),
            _ => return Err(not_understood(part)),
        };
        let values = list.split(',').map(str::trim).filter(|value| !value.is_empty());
        return Ok(one(key, operator, values.map(str::to_owned).collect()));
    }
    if let Some((key, value)) = part.split_once("!=") {
        return Ok(one(key, "NotIn", vec![value.trim().to_owned()]));
    }
    if let Some((key, value)) = part.split_once('=') {
        let value = value.strip_prefix('=').unwrap_or(value);
        return Ok(one(key, "In", vec![value.trim().to_owned()]));
    }
    Ok(match part.strip_prefix('!') {
        Some(key) => one(key, "DoesNotExist", Vec::new()),
        None => one(part, "Exists", Vec::new()),
    })
}

fn not_understood(part: &str) -> PolicyError {
    wrong(format!("{:?} is not understood: say `key in (one,two)`", shorten(part)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_read_as_kubectl_reads_it() {
        let expression = |key: &str, operator: &str, values: &[&str]| json!({ "key": key, "operator": operator, "values": values });
        for (text, expressions) in [
            ("", vec![]),
            (" , ", vec![]),
            ("env=prod", vec![expression("env", "In", &["prod"])]),
            ("env==prod", vec![expression("env", "In", &["prod"])]),
            ("env=", vec![expression("env", "In", &[""])]),
            ("env != prod", vec![expression("env", "NotIn", &["prod"])]),
            (
                "region in (eu, us),!legacy, tier notin (test),gpu",
                vec![
                    expression("region", "In", &["eu", "us"]),
                    expression("legacy", "DoesNotExist", &[]),
                    expression("tier", "NotIn", &["test"]),
                    expression("gpu", "Exists", &[]),
                ],
            ),
            // Nothing meets both, and nothing is forgotten.
            ("a=1,a=2", vec![expression("a", "In", &["1"]), expression("a", "In", &["2"])]),
        ] {
            let wanted: ClusterSelector =
                serde_json::from_value(json!({ "matchExpressions": expressions })).unwrap();
            assert_eq!(text.parse(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_or_explodes_is_refused() {
        let many = (0..33).map(|n| format!("k{n}")).collect::<Vec<_>>().join(",");
        let values = (0..257).map(|n| format!("v{n}")).collect::<Vec<_>>().join(",");
        for text in [
            "env in prod",
            "env in ()",
            "env in (a",
            "env in a)",
            "env in ((a))",
            "in (a)",
            "a b in (c)",
            "=x",
            "env=a b",
            "!",
            many.as_str(),
            &format!("a in ({values})"),
            &"a".repeat(MAX_BYTES + 1),
        ] {
            assert!(text.parse::<ClusterSelector>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[a-z=!(), ]{0,40}") {
            let _either = text.parse::<ClusterSelector>();
        }
    }
}
