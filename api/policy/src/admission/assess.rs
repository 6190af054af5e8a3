//! What would be decided about a manifest, before anybody applies it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use palisade_api::rest::admission::AdmissionCriterion;
use serde_json::Value;

use super::compile::CompiledRules;
use super::decide::evaluate;
use super::review::{Review, Workload};
use super::rule::{AdmissionRule, Mode, RuleMode, RuleType};
use super::verdicts::VerdictIndex;
use crate::CfgType;

/// Criteria of which a manifest tells nothing.
pub const UNAVAILABLE: [&str; 2] = ["user", "userGroups"];

/// What would be decided about one object of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// Whether it would be admitted.
    pub allowed: bool,
    /// The decision in words.
    pub message: String,
    /// Rules that it meets: for each container those in the order of their
    /// evaluation, up to the one that decides.
    pub matched: Vec<Matched>,
}

/// A rule that a container meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// The container's image as the manifest names it.
    pub image: String,
    /// Id of the rule.
    pub id: u32,
    /// Whether the rule is disabled: then it decides nothing.
    pub disabled: bool,
    /// Allow or deny.
    pub rule_type: RuleType,
    /// Its own mode.
    pub rule_mode: RuleMode,
    /// Its criteria in words.
    pub criteria: String,
    /// Its criteria.
    pub wanted: Arc<[AdmissionCriterion]>,
    /// Who owns it.
    pub cfg_type: CfgType,
}

/// The workload that `object`, as a manifest holds it, would create; none
/// where it runs no containers.
pub fn workload(object: &Value) -> Option<Workload> {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str);
    Workload::read(&Review {
        kind: text("/kind")?,
        sub_resource: "",
        operation: "CREATE",
        name: text("/metadata/name").unwrap_or_default(),
        namespace: text("/metadata/namespace").unwrap_or("default"),
        username: "",
        groups: &[],
        dry_run: false,
        object,
    })
    .map(|workload| Workload { user: None, ..workload })
}

/// What `rules`, enabled or not, say about `workload`.
pub fn assess(
    rules: &[AdmissionRule],
    verdicts: &VerdictIndex,
    workload: &Workload,
    mode: Mode,
    now: DateTime<Utc>,
) -> Assessment {
    // What cannot be evaluated is out of force, and so is met by nothing.
    let (rules, _) = CompiledRules::with_disabled(rules);
    let mut matched = Vec::new();
    let decision = evaluate(&rules, verdicts, workload, mode, now, &mut |container, rule| {
        matched.push(Matched {
            image: container.image_text.clone(),
            id: rule.id,
            disabled: rule.disabled,
            rule_type: rule.rule_type,
            rule_mode: rule.rule_mode,
            criteria: rule.criteria.clone(),
            wanted: Arc::clone(&rule.wanted),
            cfg_type: rule.cfg_type,
        });
    });
    Assessment { allowed: decision.allowed, message: decision.message, matched }
}

#[cfg(test)]
mod tests {
    use palisade_api::rest::admission::AdmissionRuleConfig;
    use serde_json::json;

    use super::*;

    fn rule(id: u32, rule_type: &str, namespace: &str, disable: bool) -> AdmissionRule {
        let config = AdmissionRuleConfig {
            rule_type: rule_type.to_owned(),
            disable: Some(disable),
            criteria: Some(vec![AdmissionCriterion {
                name: "namespace".to_owned(),
                op: "containsAny".to_owned(),
                value: namespace.to_owned(),
                ..AdmissionCriterion::default()
            }]),
            ..AdmissionRuleConfig::default()
        };
        AdmissionRule::create(config, id, CfgType::UserCreated).unwrap()
    }

    fn deployment(namespace: &str) -> Workload {
        workload(&json!({ "kind": "Deployment",
            "metadata": { "name": "orders", "namespace": namespace },
            "spec": { "template": { "spec": {
                "containers": [{ "name": "orders", "image": "shop/orders:v1" }] } } } }))
        .unwrap()
    }

    #[test]
    fn rules_are_listed_up_to_the_one_that_decides() {
        let rules = [
            rule(1001, "deny", "shop", true),
            rule(1002, "deny", "shop", false),
            rule(1003, "deny", "shop", false),
            rule(1004, "allow", "kitchen", false),
        ];
        for (namespace, mode, allowed, ids) in [
            ("shop", Mode::Protect, false, &[1001, 1002][..]),
            ("shop", Mode::Monitor, true, &[1001, 1002, 1003]),
            ("kitchen", Mode::Protect, true, &[1004]),
            ("garden", Mode::Protect, true, &[]),
        ] {
            let verdicts = VerdictIndex::default();
            let now = DateTime::UNIX_EPOCH;
            let assessed = assess(&rules, &verdicts, &deployment(namespace), mode, now);
            assert_eq!(assessed.allowed, allowed, "{namespace} {mode:?}");
            let matched: Vec<_> = assessed.matched.iter().map(|matched| matched.id).collect();
            assert_eq!(matched, ids, "{namespace} {mode:?}");
            for Matched { id, disabled, wanted, criteria, .. } in &assessed.matched {
                assert_eq!(*disabled, *id == 1001);
                assert_eq!(*criteria, format!("namespace containsAny {namespace}"));
                assert_eq!((wanted[0].name.as_str(), &*wanted[0].value), ("namespace", namespace));
            }
        }
    }

    #[test]
    fn what_runs_no_containers_is_no_workload() {
        for object in [json!({}), json!({ "kind": "Service" }), json!(null), json!([1])] {
            assert_eq!(workload(&object), None, "{object}");
        }
    }
}
