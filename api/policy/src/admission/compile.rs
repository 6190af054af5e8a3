//! Rules made ready for decisions.

use std::sync::Arc;

use palisade_api::rest::admission::AdmissionCriterion;

use super::container::ContainerKind;
use super::criteria::{self, Test};
use super::rule::{AdmissionRule, RuleMode, RuleType};
use crate::{CfgType, PolicyError};

/// A rule made ready.
#[derive(Debug)]
pub(super) struct CompiledRule {
    pub(super) id: u32,
    pub(super) cfg_type: CfgType,
    pub(super) rule_type: RuleType,
    pub(super) rule_mode: RuleMode,
    /// Whether it decides nothing.
    pub(super) disabled: bool,
    containers: Vec<ContainerKind>,
    /// One test for each name of criteria: all must be met.
    pub(super) tests: Vec<NamedTests>,
    /// The criteria in words.
    pub(super) criteria: String,
    /// The criteria as records of decisions show them.
    pub(super) wanted: Arc<[AdmissionCriterion]>,
}

/// The tests of one name.
#[derive(Debug)]
pub(super) struct NamedTests {
    /// Of negative operators: all must be met.
    pub(super) negative: Vec<Test>,
    /// Of positive operators: one must be met.
    pub(super) positive: Vec<Test>,
}

impl CompiledRule {
    /// Whether the rule is about containers of this kind.
    pub(super) fn covers(&self, kind: ContainerKind) -> bool {
        if self.containers.is_empty() {
            kind == ContainerKind::Containers
        } else {
            self.containers.contains(&kind)
        }
    }
}

/// What rules look at that not every workload tells: it takes time, so it is looked for
/// where a rule asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Secrets among environment variables.
    pub secrets: bool,
    /// The pod template, for paths of their own.
    pub template: bool,
}

impl Asked {
    /// All of it.
    pub const ALL: Self = Self { secrets: true, template: true };

    fn note(&mut self, criterion: &AdmissionCriterion) {
        self.secrets |= criteria::looks_for_secrets(criterion);
        self.template |= criteria::is_custom(criterion);
    }
}

/// Rules in the order of their evaluation, made ready for decisions.
#[derive(Debug, Default)]
pub struct CompiledRules {
    pub(super) rules: Vec<CompiledRule>,
    asked: Asked,
}

impl CompiledRules {
    /// Makes rules ready. Rules that cannot be evaluated are left out and
    /// reported with their id; the others stay in force.
    pub fn compile<'a>(
        rules: impl IntoIterator<Item = &'a AdmissionRule>,
    ) -> (Self, Vec<(u32, PolicyError)>) {
        Self::with_disabled(rules.into_iter().filter(|rule| !rule.disable))
    }

    /// The same with rules that are disabled, and so decide nothing.
    pub(super) fn with_disabled<'a>(
        rules: impl IntoIterator<Item = &'a AdmissionRule>,
    ) -> (Self, Vec<(u32, PolicyError)>) {
        let rules = in_order(rules);
        let mut compiled = Vec::with_capacity(rules.len());
        let mut errors = Vec::new();
        let mut asked = Asked::default();
        for rule in rules {
            match compile(rule) {
                Ok(compiled_rule) => {
                    rule.criteria.iter().for_each(|criterion| asked.note(criterion));
                    compiled.push(compiled_rule);
                }
                Err(error) => errors.push((rule.id, error)),
            }
        }
        (Self { rules: compiled, asked }, errors)
    }

    /// How many rules are in force.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// What the rules look at that not every workload tells.
    pub const fn asked(&self) -> Asked {
        self.asked
    }

    /// Whether no rule is in force.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// Rules in the order of their evaluation.
fn in_order<'a>(rules: impl IntoIterator<Item = &'a AdmissionRule>) -> Vec<&'a AdmissionRule> {
    let mut rules: Vec<&AdmissionRule> = rules.into_iter().collect();
    rules.sort_by_key(|rule| (rank(rule), rule.id));
    rules
}

/// Built-in allow, federal allow, federal deny, custom resources' allow and
/// deny, the cluster's own allow and deny.
fn rank(rule: &AdmissionRule) -> u8 {
    let deny = u8::from(rule.rule_type == RuleType::Deny);
    match (rule.critical, rule.cfg_type) {
        (true, _) => 0,
        (false, CfgType::Federal) => 1 + deny,
        (false, CfgType::Ground) => 3 + deny,
        (false, CfgType::UserCreated | CfgType::Learned) => 5 + deny,
    }
}

fn compile(rule: &AdmissionRule) -> Result<CompiledRule, PolicyError> {
    let mut names: Vec<&str> = Vec::new();
    let mut tests: Vec<NamedTests> = Vec::new();
    for criterion in &rule.criteria {
        let (test, negative) = criteria::compile(criterion, rule.rule_type)?;
        let same = names.iter().position(|name| *name == criterion.name);
        let same = same.filter(|_| !criteria::is_custom(criterion));
        let at = same.unwrap_or_else(|| {
            names.push(&criterion.name);
            tests.push(NamedTests { negative: Vec::new(), positive: Vec::new() });
            names.len() - 1
        });
        if let Some(named) = tests.get_mut(at) {
            if negative { &mut named.negative } else { &mut named.positive }.push(test);
        }
    }
    if tests.is_empty() {
        return Err(PolicyError::field("criteria", "a rule needs at least one"));
    }
    Ok(CompiledRule {
        id: rule.id,
        cfg_type: rule.cfg_type,
        rule_type: rule.rule_type,
        rule_mode: rule.rule_mode,
        disabled: rule.disable,
        containers: rule.containers.clone(),
        tests,
        criteria: super::message::criteria(&rule.criteria),
        wanted: super::message::shortened(&rule.criteria),
    })
}
