//! Who somebody is, by the claims of the provider.

use std::collections::HashMap;

use openidconnect::AdditionalClaims;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Groups of one user that are looked at.
const MAX_GROUPS: usize = 4_096;

/// The claims beside those of the standard: groups, by whatever name.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Claims(#[serde(default)] pub(super) HashMap<String, Value>);

impl AdditionalClaims for Claims {}

impl Claims {
    /// The groups: those of the configured claim, else of `NVRoleGroup`, else
    /// of `groups`. None where there is no such claim.
    pub(super) fn groups(&self, configured: &str) -> Option<Vec<String>> {
        [configured, "NVRoleGroup", "groups"]
            .into_iter()
            .filter(|name| !name.is_empty())
            .find_map(|name| self.0.get(name).and_then(words))
    }
}

/// A list of words, or a single one.
fn words(claim: &Value) -> Option<Vec<String>> {
    match claim {
        Value::String(word) => Some(vec![word.clone()]),
        Value::Array(list) => Some(
            list.iter().filter_map(Value::as_str).take(MAX_GROUPS).map(str::to_owned).collect(),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn groups(claims: Value, configured: &str) -> Option<Vec<String>> {
        serde_json::from_value::<Claims>(claims).unwrap().groups(configured)
    }

    #[test]
    fn the_configured_claim_wins_then_our_own_then_groups() {
        let claims = json!({ "groups": ["a"], "NVRoleGroup": ["b"], "roles": ["c", 7, "d"] });
        assert_eq!(groups(claims.clone(), "roles"), Some(vec!["c".to_owned(), "d".to_owned()]));
        assert_eq!(groups(claims.clone(), ""), Some(vec!["b".to_owned()]));
        assert_eq!(groups(claims, "absent"), Some(vec!["b".to_owned()]));
        assert_eq!(groups(json!({ "groups": "one" }), ""), Some(vec!["one".to_owned()]));
        assert_eq!(groups(json!({ "groups": { "a": 1 } }), ""), None);
        assert_eq!(groups(json!({}), ""), None);
    }
}
