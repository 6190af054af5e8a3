//! What was asked to be admitted, kept so that rules can be tried on it before
//! they are in force.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::compile::CompiledRules;
use super::decide::{Decision, Outcome, RuleHit, decide};
use super::review::Workload;
use super::rule::Mode;
use super::verdicts::VerdictIndex;

/// A request that admission control looked at. Pods that differ in a name that
/// a controller made up are the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reviewed {
    /// What was to be admitted: environment variables without their values,
    /// and without a name where a controller made it for somebody.
    pub workload: Workload,
    /// Digests of the images that were known.
    pub images: BTreeSet<String>,
}

impl Reviewed {
    /// What is kept of a workload that was decided about; nothing of a trial.
    pub fn new(workload: &Workload, decision: &Decision) -> Option<Self> {
        if workload.dry_run {
            return None;
        }
        let mut workload = Workload { template: None, ..workload.clone() };
        if workload.user.is_none() {
            workload.name.clear();
        }
        for container in &mut workload.containers {
            container.env.values_mut().for_each(String::clear);
        }
        let known = decision.containers.iter().filter_map(|one| one.scanned.as_ref());
        let images = known.map(|scanned| scanned.verdict().image_digest.clone()).collect();
        Some(Self { workload, images })
    }
}

/// What other rules decide otherwise about a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It was admitted, and would be denied by this rule for the sake of a
    /// container of this image.
    Denied {
        /// The rule.
        hit: RuleHit,
        /// The image as the pod names it.
        image: String,
    },
    /// It was denied, and would be admitted.
    Admitted,
}

/// What `after` decides otherwise than `before` about a workload, where both
/// are in force.
pub fn difference(
    before: &CompiledRules,
    after: &CompiledRules,
    verdicts: &VerdictIndex,
    workload: &Workload,
    now: DateTime<Utc>,
) -> Option<Difference> {
    let allowed = decide(before, verdicts, workload, Mode::Protect, now).allowed;
    let decision = decide(after, verdicts, workload, Mode::Protect, now);
    if allowed == decision.allowed {
        return None;
    }
    let denied = decision.containers.into_iter().find_map(|container| match container.outcome {
        Outcome::Denied(hit) => Some(Difference::Denied { hit, image: container.image }),
        Outcome::Allowed(_) | Outcome::NotDecided => None,
    });
    Some(denied.unwrap_or(Difference::Admitted))
}

#[cfg(test)]
mod tests {
    use palisade_api::rest::admission::{AdmissionCriterion, AdmissionRuleConfig};
    use serde_json::json;

    use super::*;
    use crate::CfgType;
    use crate::admission::{AdmissionRule, Review};

    fn workload(owner: bool, name: &str) -> Workload {
        let owners = if owner { json!([{"kind": "ReplicaSet"}]) } else { json!([]) };
        let object = json!({
            "metadata": {"name": name, "ownerReferences": owners},
            "spec": {"containers": [{
                "name": "orders", "image": "shop/orders:1",
                "env": [{"name": "PASSWORD", "value": "hunter2"}],
            }]},
        });
        Workload::read(&Review {
            kind: "Pod",
            sub_resource: "",
            operation: "CREATE",
            name,
            namespace: "shop",
            username: "alice",
            groups: &[],
            dry_run: false,
            object: &object,
        })
        .unwrap()
    }

    fn rules(rules: &[(&str, &str)]) -> CompiledRules {
        let rules: Vec<AdmissionRule> = rules
            .iter()
            .zip(100_001..)
            .map(|((rule_type, namespace), id)| {
                let config = AdmissionRuleConfig {
                    rule_type: (*rule_type).to_owned(),
                    criteria: Some(vec![AdmissionCriterion {
                        name: "namespace".to_owned(),
                        op: "containsAny".to_owned(),
                        value: (*namespace).to_owned(),
                        ..AdmissionCriterion::default()
                    }]),
                    ..AdmissionRuleConfig::default()
                };
                AdmissionRule::create(config, id, CfgType::Federal).unwrap()
            })
            .collect();
        CompiledRules::compile(&rules).0
    }

    fn reviewed(workload: &Workload) -> Option<Reviewed> {
        let now = DateTime::UNIX_EPOCH;
        let decision = decide(&rules(&[]), &VerdictIndex::default(), workload, Mode::Monitor, now);
        Reviewed::new(workload, &decision)
    }

    #[test]
    fn what_is_kept_comes_back_without_secrets_and_made_up_names() {
        let kept = reviewed(&workload(false, "orders")).unwrap();
        let json = serde_json::to_string(&kept).unwrap();
        assert!(!json.contains("hunter2"), "{json}");
        assert!(json.contains("PASSWORD"), "{json}");
        assert_eq!(serde_json::from_str::<Reviewed>(&json).unwrap(), kept);
        assert_eq!(kept.workload.name, "orders");
        assert_eq!(reviewed(&workload(true, "orders-1")), reviewed(&workload(true, "orders-2")));
        assert_eq!(reviewed(&Workload { dry_run: true, ..workload(false, "orders") }), None);
    }

    #[test]
    fn rules_are_compared_by_what_they_decide() {
        let workload = workload(false, "orders");
        let deny = [("deny", "shop")];
        let overruled = [("allow", "shop"), ("deny", "shop")];
        for (before, after, denied, admitted) in [
            (&[][..], &deny[..], true, false),
            (&deny, &[], false, true),
            (&deny, &overruled, false, true),
            (&deny, &deny, false, false),
            (&[], &overruled, false, false),
            (&[], &[("deny", "kitchen")], false, false),
        ] {
            let difference = difference(
                &rules(before),
                &rules(after),
                &VerdictIndex::default(),
                &workload,
                DateTime::UNIX_EPOCH,
            );
            let is_denied = matches!(difference, Some(Difference::Denied { .. }));
            assert_eq!(is_denied, denied, "{before:?} {after:?}");
            assert_eq!(difference == Some(Difference::Admitted), admitted, "{before:?} {after:?}");
        }
    }
}
