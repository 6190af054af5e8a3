//! Who somebody is, by the claims of the provider.

use std::collections::HashMap;

use openidconnect::AdditionalClaims;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The claims beside those of the standard: groups, by whatever name.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Claims(#[serde(default)] pub(super) HashMap<String, Value>);

impl AdditionalClaims for Claims {}

impl Claims {
    /// The groups: those of the configured claim, else of `NVRoleGroup`, else
    /// of `groups`. None where there is no such claim.
    pub(super) fn groups(&self, configured: &str) -> Option<Vec<String>> {
        names(configured).find_map(|name| self.claim(name).and_then(words))
    }

    /// What the session is called at the provider, where it says so.
    pub(super) fn session(&self) -> Option<&str> {
        self.0.get("sid")?.as_str().filter(|sid| !sid.is_empty())
    }

    /// Whether the provider says that the groups are elsewhere: Entra ID does so
    /// where they are too many for a token.
    pub(super) fn groups_are_elsewhere(&self, configured: &str) -> bool {
        let elsewhere = self.0.get("_claim_names").and_then(Value::as_object);
        elsewhere.is_some_and(|claims| names(configured).any(|name| claims.contains_key(name)))
    }

    /// The claim of that name; else, as Keycloak nests its roles in
    /// `realm_access.roles`, what the parts of the name lead to.
    fn claim(&self, name: &str) -> Option<&Value> {
        reached(name, &|key| self.0.get(key))
    }
}

/// The names of the claim with the groups, the first first.
fn names(configured: &str) -> impl Iterator<Item = &str> {
    [configured, "NVRoleGroup", "groups"].into_iter().filter(|name| !name.is_empty())
}

/// What a path leads to. Names may have dots themselves, as addresses do, and
/// clients of Keycloak in `resource_access.my.client.roles`.
fn reached<'a>(path: &str, get: &dyn Fn(&str) -> Option<&'a Value>) -> Option<&'a Value> {
    get(path).or_else(|| {
        path.match_indices('.').find_map(|(dot, _)| {
            let outer = get(&path[..dot])?.as_object()?;
            reached(&path[dot + 1..], &|key| outer.get(key))
        })
    })
}

/// A single word, a list of them, a list of objects with names, or, as Zitadel
/// has it, an object whose keys are the words. All of them, as many as an answer
/// has room for: the first mapped group decides, and it could be the last here.
fn words(claim: &Value) -> Option<Vec<String>> {
    let name = |value: &Value| match value {
        Value::Object(members) => members.get("name")?.as_str().map(str::to_owned),
        other => other.as_str().map(str::to_owned),
    };
    match claim {
        Value::String(word) => Some(vec![word.clone()]),
        Value::Array(list) => Some(list.iter().filter_map(name).collect()),
        Value::Object(members) => Some(members.keys().cloned().collect()),
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
        assert_eq!(groups(json!({ "groups": 1 }), ""), None);
        assert_eq!(groups(json!({}), ""), None);
    }

    #[test]
    fn no_group_is_left_out_because_there_are_many() {
        let many: Vec<String> = (0..10_000).map(|n| format!("group-{n}")).collect();
        let keys: serde_json::Map<String, Value> =
            many.iter().map(|name| (name.clone(), json!({}))).collect();
        let found = |claim: Value| groups(json!({ "groups": claim }), "").unwrap();
        assert_eq!(found(json!(many)), many);
        assert_eq!(found(Value::Object(keys)).len(), many.len());
    }

    #[test]
    fn groups_that_are_elsewhere_are_missing_ones() {
        let elsewhere = |claims: Value, configured: &str| {
            serde_json::from_value::<Claims>(claims).unwrap().groups_are_elsewhere(configured)
        };
        let entra = json!({
            "_claim_names": { "groups": "src1" },
            "_claim_sources": { "src1": { "endpoint": "https://graph.example/memberOf" } },
        });
        assert!(elsewhere(entra.clone(), ""));
        assert!(elsewhere(entra, "roles"));
        assert!(elsewhere(json!({ "_claim_names": { "roles": "src1" } }), "roles"));
        assert!(!elsewhere(json!({ "_claim_names": { "photo": "src1" } }), ""));
        assert!(!elsewhere(json!({ "_claim_names": "groups", "groups": ["a"] }), ""));
    }

    #[test]
    fn groups_in_all_the_forms_that_providers_give_them() {
        let both = Some(vec!["a".to_owned(), "b".to_owned()]);
        for (claim, claims) in [
            ("roles", json!({ "roles": ["a", "b"] })),
            ("realm_access.roles", json!({ "realm_access": { "roles": ["a", "b"] } })),
            ("access.shop.roles", json!({ "access": { "shop": { "roles": ["a", "b"] } } })),
            ("access.my.shop.roles", json!({ "access": { "my.shop": { "roles": ["a", "b"] } } })),
            ("https://x.org/groups", json!({ "https://x.org/groups": ["a", "b"] })),
            ("roles", json!({ "roles": [{ "name": "a", "id": 1 }, { "id": 2 }, { "name": "b" }] })),
            ("roles", json!({ "roles": { "a": { "1": "x" }, "b": {} } })),
        ] {
            assert_eq!(groups(claims.clone(), claim), both, "{claim} in {claims}");
        }
        for absent in ["realm_access", "a.b", "a.", ".", "roles.a.b", ".roles"] {
            assert_eq!(groups(json!({ "a": ["b"], "roles": ["a"] }), absent), None, "{absent}");
        }
    }
}
