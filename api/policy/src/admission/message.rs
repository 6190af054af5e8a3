//! Decisions in words, in the form that people and their scripts know.

use std::fmt::Write as _;
use std::sync::Arc;

use palisade_api::rest::admission::AdmissionCriterion;

use super::decide::{self, ContainerDecision, Outcome, RuleHit};
use super::review::Workload;
use crate::CfgType;

/// Names of vulnerabilities in one message, and in one record.
pub const SHOWN_EVIDENCE: usize = 10;
/// Bytes of one criterion's value.
const SHOWN_VALUE: usize = 256;

/// The criteria of a rule.
pub(super) fn criteria(criteria: &[AdmissionCriterion]) -> String {
    criteria.iter().map(criterion).collect::<Vec<_>>().join("; ")
}

/// The same for programs: no longer than the words.
pub(super) fn shortened(criteria: &[AdmissionCriterion]) -> Arc<[AdmissionCriterion]> {
    let shortened = |criterion: &AdmissionCriterion| AdmissionCriterion {
        value: shown_value(criterion),
        ..criterion.clone()
    };
    criteria.iter().map(shortened).collect()
}

fn shown_value(criterion: &AdmissionCriterion) -> String {
    match criterion.value.char_indices().nth(SHOWN_VALUE) {
        Some((at, _)) => format!("{}…", &criterion.value[..at]),
        None => criterion.value.clone(),
    }
}

fn criterion(criterion: &AdmissionCriterion) -> String {
    let value = shown_value(criterion);
    let what = if criterion.path.is_empty() { &criterion.name } else { &criterion.path };
    let mut text = [what, criterion.op.as_str(), &value]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    for sub in &criterion.sub_criteria {
        let _ = write!(text, ", {} {} {}", sub.name, sub.op, sub.value);
    }
    text
}

pub(super) fn decision(
    workload: &Workload,
    allowed: bool,
    containers: &[ContainerDecision],
) -> String {
    let what = format!(
        "{} of Kubernetes {} resource ({})",
        workload.verb.as_str(),
        workload.kind,
        workload.name
    );
    let dry = if workload.dry_run { "<Server Dry Run> " } else { "" };
    let mut text = String::from(dry);
    let denied = containers.iter().find_map(|container| match &container.outcome {
        Outcome::Denied(hit) => Some((container, hit)),
        Outcome::Allowed(_) | Outcome::NotDecided => None,
    });
    if let Some((container, hit)) = denied {
        let _ = write!(text, "{what} is denied because of {}.", deny_rule(hit));
        let _ = write!(text, " Container {}, image {}", container.name, container.image);
        text.push_str(&evidence(hit));
        text.push('.');
    } else if allowed {
        let hits: Vec<&RuleHit> = containers
            .iter()
            .filter_map(|container| match &container.outcome {
                Outcome::Allowed(hit) => Some(hit),
                Outcome::Denied(_) | Outcome::NotDecided => None,
            })
            .collect();
        match hits.first() {
            Some(hit) if hits.len() == containers.len() => {
                let _ = write!(
                    text,
                    "{what} is allowed because of {}allow rule id {} with criteria: ({}).",
                    owner(hit),
                    hit.id,
                    hit.criteria
                );
            }
            _ => {
                let _ =
                    write!(text, "{what} is allowed because it doesn't match any decisive rule.");
            }
        }
    }
    let violating: Vec<String> = containers
        .iter()
        .flat_map(|container| {
            container.violations.iter().map(move |hit| {
                format!("Container {} violates {}{}", container.name, deny_rule(hit), evidence(hit))
            })
        })
        .collect();
    if !violating.is_empty() {
        let _ = write!(
            text,
            " {what} violates Admission Control monitor-mode rule(s). {}.",
            violating.join(". ")
        );
    }
    let unscanned: Vec<&str> = decide::unscanned(containers).collect();
    if !unscanned.is_empty() {
        let _ = write!(
            text,
            " [Notice: the requested image(s) are not scanned: {}]",
            unscanned.join(", ")
        );
    }
    text
}

fn deny_rule(hit: &RuleHit) -> String {
    format!("{}deny rule id {} with criteria: ({})", owner(hit), hit.id, hit.criteria)
}

const fn owner(hit: &RuleHit) -> &'static str {
    match hit.cfg_type {
        CfgType::Federal => "federal ",
        CfgType::Ground => "custom resource ",
        CfgType::UserCreated | CfgType::Learned => "",
    }
}

fn evidence(hit: &RuleHit) -> String {
    if hit.evidence.is_empty() {
        return String::new();
    }
    let shown: Vec<&str> = hit.evidence.iter().take(SHOWN_EVIDENCE).map(String::as_str).collect();
    let more = hit.evidence.len().saturating_sub(SHOWN_EVIDENCE);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(": {}{more}", shown.join(", "))
}
