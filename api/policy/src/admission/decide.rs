//! The decision about a workload.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use palisade_api::rest::admission::AdmissionCriterion;

use super::compile::{CompiledRule, CompiledRules, NamedTests};
use super::container::{Container, ContainerKind};
use super::criteria::{Met, Subject};
use super::message;
use super::review::Workload;
use super::rule::{Mode, RuleType};
use super::verdicts::{Scanned, VerdictIndex};
use crate::CfgType;

/// A rule that was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleHit {
    /// Its id.
    pub id: u32,
    /// Who owns it.
    pub cfg_type: CfgType,
    /// Its criteria in words.
    pub criteria: String,
    /// Its criteria.
    pub wanted: Arc<[AdmissionCriterion]>,
    /// What met them: names of vulnerabilities, worst first.
    pub evidence: Vec<String>,
}

/// What became of one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An allow rule let it through.
    Allowed(RuleHit),
    /// No rule was decisive.
    NotDecided,
    /// A deny rule refused it.
    Denied(RuleHit),
}

/// The decision about one container.
#[derive(Clone, Debug)]
pub struct ContainerDecision {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: ContainerKind,
    /// Its image as the pod names it.
    pub image: String,
    /// What is known of the image; none when it was never scanned.
    pub scanned: Option<Arc<Scanned>>,
    /// What became of it.
    pub outcome: Outcome,
    /// Deny rules in Monitor that it met before.
    pub violations: Vec<RuleHit>,
}

/// The decision about a workload.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Whether the workload may be.
    pub allowed: bool,
    /// The decision in words.
    pub message: String,
    /// By container, those that are not judged left out.
    pub containers: Vec<ContainerDecision>,
}

impl Decision {
    /// The container that was refused and the rule that refused it.
    pub fn denied(&self) -> Option<(&ContainerDecision, &RuleHit)> {
        self.containers.iter().find_map(|container| match &container.outcome {
            Outcome::Denied(hit) => Some((container, hit)),
            Outcome::Allowed(_) | Outcome::NotDecided => None,
        })
    }

    /// The images that were never scanned.
    pub fn unscanned(&self) -> impl Iterator<Item = &str> {
        unscanned(&self.containers)
    }
}

pub(super) fn unscanned(containers: &[ContainerDecision]) -> impl Iterator<Item = &str> {
    let unscanned = containers.iter().filter(|container| container.scanned.is_none());
    unscanned.map(|container| container.image.as_str())
}

/// Decides about `workload`: container by container, the first decisive rule
/// each; the workload is refused as soon as one container is.
pub fn decide(
    rules: &CompiledRules,
    verdicts: &VerdictIndex,
    workload: &Workload,
    mode: Mode,
    now: DateTime<Utc>,
) -> Decision {
    evaluate(rules, verdicts, workload, mode, now, &mut |_, _| {})
}

/// The same, and tells `met` each rule that a container meets, up to the one
/// that decides: also those that are disabled.
pub(super) fn evaluate(
    rules: &CompiledRules,
    verdicts: &VerdictIndex,
    workload: &Workload,
    mode: Mode,
    now: DateTime<Utc>,
    met: &mut dyn FnMut(&Container, &CompiledRule),
) -> Decision {
    let judged = workload.containers.iter().filter(|container| !container.image.is_sidecar());
    let containers: Vec<ContainerDecision> = judged
        .map(|container| decide_container(rules, verdicts, workload, container, mode, now, met))
        .collect();
    let allowed =
        !containers.iter().any(|container| matches!(container.outcome, Outcome::Denied(_)));
    let message = message::decision(workload, allowed, &containers);
    Decision { allowed, message, containers }
}

fn decide_container(
    rules: &CompiledRules,
    verdicts: &VerdictIndex,
    workload: &Workload,
    container: &Container,
    mode: Mode,
    now: DateTime<Utc>,
    met: &mut dyn FnMut(&Container, &CompiledRule),
) -> ContainerDecision {
    let scans = verdicts.find(&container.image);
    let mut decision = ContainerDecision {
        name: container.name.clone(),
        kind: container.kind,
        image: container.image_text.clone(),
        scanned: scans.first().cloned(),
        outcome: Outcome::NotDecided,
        violations: Vec::new(),
    };
    for rule in rules.rules.iter().filter(|rule| rule.covers(container.kind)) {
        let Some((scanned, evidence)) = meets(rule, workload, container, &scans, now) else {
            continue;
        };
        met(container, rule);
        if rule.disabled {
            continue;
        }
        let hit = RuleHit {
            id: rule.id,
            cfg_type: rule.cfg_type,
            criteria: rule.criteria.clone(),
            wanted: Arc::clone(&rule.wanted),
            evidence,
        };
        match rule.rule_type {
            RuleType::Allow => {
                decision.outcome = Outcome::Allowed(hit);
                break;
            }
            RuleType::Deny if rule.rule_mode.refuses(mode) => {
                decision.scanned = scanned.or(decision.scanned);
                decision.outcome = Outcome::Denied(hit);
                break;
            }
            RuleType::Deny => decision.violations.push(hit),
        }
    }
    decision
}

/// Whether the container meets the rule with one of the scans of its image,
/// with which, and what met it.
fn meets(
    rule: &CompiledRule,
    workload: &Workload,
    container: &Container,
    scans: &[Arc<Scanned>],
    now: DateTime<Utc>,
) -> Option<(Option<Arc<Scanned>>, Vec<String>)> {
    let with = |scanned: Option<&Arc<Scanned>>| {
        let subject = Subject { workload, container, scanned: scanned.map(Arc::as_ref), now };
        let mut evidence = Vec::new();
        let met = rule.tests.iter().all(|named| meets_named(named, &subject, &mut evidence));
        met.then(|| (scanned.cloned(), evidence))
    };
    if scans.is_empty() {
        return with(None);
    }
    scans.iter().find_map(|scanned| with(Some(scanned)))
}

/// All negative tests, and one positive where there are any.
fn meets_named(named: &NamedTests, subject: &Subject<'_>, evidence: &mut Vec<String>) -> bool {
    if !named.negative.iter().all(|test| test.met(subject) != Met::No) {
        return false;
    }
    if named.positive.is_empty() {
        return true;
    }
    named.positive.iter().any(|test| match test.met(subject) {
        Met::No => false,
        Met::Yes => true,
        Met::By(found) => {
            for name in found {
                if !evidence.contains(&name) {
                    evidence.push(name);
                }
            }
            true
        }
    })
}
