//! The criteria of admission rules, one file each.
//!
//! A file says its criterion's [`Definition`]: name, operators, values, and how
//! a criterion is made into a [`Test`]. [`ALL`] lists them; validation, the
//! options that clients ask for, and evaluation follow from it.

mod annotations;
mod custom_path;
mod cve_count;
mod cve_names;
mod cve_score;
mod env_vars;
mod flags;
mod image;
mod image_content;
mod image_registry;
mod image_scanned;
mod image_signature;
mod labels;
mod mount_volumes;
mod namespace;
mod not_evaluated;
mod pod_security;
mod resource_limit;
mod run_as_root;
mod set;
mod user;

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use palisade_api::rest::admission as rest;
use palisade_api::rest::admission::AdmissionCriterion;

use super::container::Container;
use super::review::Workload;
use super::rule::RuleType;
use super::verdicts::Scanned;
use crate::PolicyError;

/// Bytes of one criterion's value.
const MAX_VALUE_BYTES: usize = 64 * 1_024;
const MAX_SUB_CRITERIA: usize = 16;

/// Every criterion that is evaluated, by name.
const ALL: &[Definition] = &[
    annotations::DEFINITION,
    cve_count::CRITICAL,
    cve_count::CRITICAL_WITH_FIX,
    cve_count::HIGH,
    cve_count::HIGH_NO_CRITICAL,
    cve_count::HIGH_WITH_FIX,
    cve_count::HIGH_WITH_FIX_NO_CRITICAL,
    cve_count::MEDIUM,
    cve_names::DEFINITION,
    cve_score::DEFINITION,
    custom_path::DEFINITION,
    env_vars::DEFINITION,
    env_vars::SECRETS,
    flags::ALLOW_PRIVILEGE_ESCALATION,
    flags::RUN_AS_PRIVILEGED,
    flags::SHARE_IPC,
    flags::SHARE_NET,
    flags::SHARE_PID,
    image::DEFINITION,
    image_content::COMPLIANCE,
    image_content::NO_OS,
    image_registry::DEFINITION,
    image_scanned::DEFINITION,
    image_signature::SIGNED,
    image_signature::VERIFIERS,
    labels::DEFINITION,
    mount_volumes::DEFINITION,
    namespace::DEFINITION,
    pod_security::PSP,
    pod_security::STANDARD,
    resource_limit::DEFINITION,
    run_as_root::DEFINITION,
    user::USER,
    user::USER_GROUPS,
];

/// Those that are only kept.
const NOT_EVALUATED: &[Definition] =
    &[not_evaluated::MODULES, not_evaluated::RISKY_ROLE, not_evaluated::STORAGE_CLASS];

/// What a criterion looks at: one container with one scan of its image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub(super) workload: &'a Workload,
    pub(super) container: &'a Container,
    pub(super) scanned: Option<&'a Scanned>,
    pub(super) now: DateTime<Utc>,
}

/// Whether a criterion is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Met {
    No,
    Yes,
    /// Met by these, worst first.
    By(Vec<String>),
}

impl From<bool> for Met {
    fn from(met: bool) -> Self {
        if met { Self::Yes } else { Self::No }
    }
}

type Look = dyn Fn(&Subject<'_>) -> Met + Send + Sync;

/// A criterion made ready.
pub(super) struct Test(Box<Look>);

impl Test {
    fn new(look: impl Fn(&Subject<'_>) -> Met + Send + Sync + 'static) -> Self {
        Self(Box::new(look))
    }

    pub(super) fn met(&self, subject: &Subject<'_>) -> Met {
        (self.0)(subject)
    }
}

impl fmt::Debug for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Test")
    }
}

/// What a criterion is.
pub(super) struct Definition {
    name: &'static str,
    /// Operators in deny rules; an empty one: any, it says nothing.
    deny: &'static [&'static str],
    /// Operators in allow rules; none where it cannot be used in them.
    allow: &'static [&'static str],
    /// The values it can have, where they are few.
    values: &'static [&'static str],
    /// Where it looks: `yaml`, `image` or `both`.
    source: &'static str,
    /// Sub-criteria with their operators.
    sub: &'static [(&'static str, &'static [&'static str])],
    /// Brings a value into the form that is stored.
    normal: fn(&str) -> Result<String, String>,
    /// Makes a checked criterion ready.
    compile: fn(&AdmissionCriterion) -> Result<Test, String>,
}

impl Definition {
    /// One that is true or false; `allow` has its operators in allow rules.
    const fn truth(
        name: &'static str,
        source: &'static str,
        allow: &'static [&'static str],
        compile: fn(&AdmissionCriterion) -> Result<Test, String>,
    ) -> Self {
        let values = &["true", "false"];
        Self { name, deny: &["="], allow, values, source, sub: &[], normal: truth, compile }
    }

    /// One of deny rules that only asks whether something is so.
    const fn only_true(
        name: &'static str,
        source: &'static str,
        compile: fn(&AdmissionCriterion) -> Result<Test, String>,
    ) -> Self {
        let normal = |value: &str| match truth(value)?.as_str() {
            "true" => Ok("true".to_owned()),
            _ => Err("its value is true".to_owned()),
        };
        Self { values: &["true"], normal, ..Self::truth(name, source, &[], compile) }
    }

    /// Whether clusters evaluate it.
    fn is_evaluated(&self) -> bool {
        ALL.iter().any(|evaluated| evaluated.name == self.name)
    }

    const fn operators(&self, rule_type: RuleType) -> &'static [&'static str] {
        match rule_type {
            RuleType::Allow => self.allow,
            RuleType::Deny => self.deny,
        }
    }
}

/// `true` or `false`.
fn truth(value: &str) -> Result<String, String> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" => Ok("true".to_owned()),
        "false" => Ok("false".to_owned()),
        _ => Err("its value is true or false".to_owned()),
    }
}

/// A number that is not negative.
fn number(value: &str) -> Result<String, String> {
    match value.trim().parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(value.trim().to_owned()),
        _ => Err("its value is a number from 0".to_owned()),
    }
}

/// Parses what [`number`] let through.
fn parsed(value: &str) -> Result<f64, String> {
    number(value)?.parse().map_err(|_| "its value is a number from 0".to_owned())
}

/// A criterion that is met where `look` says what the value says.
fn flag(
    criterion: &AdmissionCriterion,
    look: impl Fn(&Subject<'_>) -> bool + Send + Sync + 'static,
) -> Result<Test, String> {
    let wanted = truth(&criterion.value)? == "true";
    Ok(Test::new(move |subject| Met::from(look(subject) == wanted)))
}

/// Operators whose criteria exclude.
fn is_negative(op: &str) -> bool {
    matches!(op, "notContainsAny" | "!=" | "!regex")
}

fn find(
    criterion: &AdmissionCriterion,
    rule_type: RuleType,
) -> Result<&'static Definition, PolicyError> {
    let wrong = |reason| PolicyError::criterion(&criterion.name, reason);
    let name = if is_custom(criterion) { custom_path::TYPE } else { &criterion.name };
    let Some(definition) = known().find(|definition| definition.name == name) else {
        let known: Vec<&str> = known().map(|definition| definition.name).collect();
        return Err(wrong(format!("it is not supported; use one of: {}", known.join(", "))));
    };
    let operators = definition.operators(rule_type);
    if operators.is_empty() {
        return Err(wrong(format!("it cannot be used in {} rules", rule_type.as_str())));
    }
    if !operators.contains(&criterion.op.as_str()) && !operators.contains(&"") {
        let op = crate::error::shorten(&criterion.op);
        return Err(wrong(format!(
            "{op:?} is no operator of it; use one of: {}",
            operators.join(", ")
        )));
    }
    if criterion.value.len() > MAX_VALUE_BYTES || criterion.sub_criteria.len() > MAX_SUB_CRITERIA {
        return Err(wrong("its value or its sub-criteria are too many".to_owned()));
    }
    for sub in &criterion.sub_criteria {
        let Some((_, ops)) = definition.sub.iter().find(|(name, _)| *name == sub.name) else {
            let name = crate::error::shorten(&sub.name);
            return Err(wrong(format!("{name:?} is no sub-criterion of it")));
        };
        if !ops.contains(&sub.op.as_str()) {
            return Err(wrong(format!("the operator of {} is {}", sub.name, ops.join(" or "))));
        }
        number(&sub.value).map_err(|reason| wrong(format!("{}: {reason}", sub.name)))?;
        if !sub.sub_criteria.is_empty() {
            return Err(wrong(format!("{} has no sub-criteria", sub.name)));
        }
    }
    Ok(definition)
}

/// Checks criteria and brings them into the form that is stored: values in
/// their normal form, lists of one name and operator made one.
pub(super) fn normal(
    criteria: Vec<AdmissionCriterion>,
    rule_type: RuleType,
) -> Result<Vec<AdmissionCriterion>, PolicyError> {
    let mut stored: Vec<AdmissionCriterion> = Vec::with_capacity(criteria.len());
    for mut criterion in criteria {
        let definition = find(&criterion, rule_type)?;
        let wrong = |reason| PolicyError::criterion(definition.name, reason);
        criterion.value = (definition.normal)(&criterion.value).map_err(wrong)?;
        if definition.is_evaluated() {
            (definition.compile)(&criterion).map_err(wrong)?;
        }
        let mergeable = matches!(criterion.op.as_str(), "containsAny" | "notContainsAny")
            && criterion.sub_criteria.is_empty()
            && !is_custom(&criterion);
        let same = stored.iter_mut().find(|other| {
            mergeable
                && other.name == criterion.name
                && other.op == criterion.op
                && other.sub_criteria.is_empty()
        });
        match same {
            Some(other) => {
                other.value.push(',');
                other.value.push_str(&criterion.value);
            }
            None => stored.push(criterion),
        }
    }
    check_together(&stored)?;
    Ok(stored)
}

/// What is asked to be stored is no workload: nothing else of it can be looked at.
fn check_together(criteria: &[AdmissionCriterion]) -> Result<(), PolicyError> {
    let storage = not_evaluated::STORAGE_CLASS.name;
    let others = [storage, namespace::DEFINITION.name];
    let fit = |criterion: &AdmissionCriterion| others.contains(&criterion.name.as_str());
    if criteria.iter().any(|criterion| criterion.name == storage) && !criteria.iter().all(fit) {
        let reason = format!("only {} goes together with it", others[1]);
        return Err(PolicyError::criterion(storage, reason));
    }
    Ok(())
}

/// All criteria that may be in a rule.
fn known() -> impl Iterator<Item = &'static Definition> {
    ALL.iter().chain(NOT_EVALUATED)
}

/// Whether a criterion says a path of its own. Several in a rule are no alternatives.
pub(super) fn is_custom(criterion: &AdmissionCriterion) -> bool {
    [&criterion.kind, &criterion.name].iter().any(|name| *name == custom_path::TYPE)
}

/// Whether a criterion asks for secrets among environment variables, which are only
/// looked for where a rule does.
pub(super) fn looks_for_secrets(criterion: &AdmissionCriterion) -> bool {
    criterion.name == env_vars::SECRETS.name
}

/// Whether a criterion cannot be tried on requests of the past: what it looks at is not
/// kept, or nobody looks at it yet.
pub fn is_untried(criterion: &AdmissionCriterion) -> bool {
    let mut names = NOT_EVALUATED.iter().map(|definition| definition.name);
    is_custom(criterion)
        || criterion.name == env_vars::DEFINITION.name
        || looks_for_secrets(criterion)
        || names.any(|name| name == criterion.name)
}

/// Makes a criterion ready; also whether its operator excludes.
pub(super) fn compile(
    criterion: &AdmissionCriterion,
    rule_type: RuleType,
) -> Result<(Test, bool), PolicyError> {
    let definition = find(criterion, rule_type)?;
    let test = (definition.compile)(criterion)
        .map_err(|reason| PolicyError::criterion(definition.name, reason))?;
    Ok((test, is_negative(&criterion.op)))
}

/// What clients can put into rules of this type.
pub fn options(rule_type: RuleType) -> rest::AdmissionRuleOptions {
    let strings = |list: &[&str]| {
        let said = list.iter().filter(|text| !text.is_empty());
        said.map(|text| (*text).to_owned()).collect::<Vec<_>>()
    };
    let rule_options = ALL
        .iter()
        .filter(|definition| !definition.operators(rule_type).is_empty())
        .map(|definition| {
            let sub_options: BTreeMap<_, _> = definition
                .sub
                .iter()
                .map(|(name, ops)| {
                    let option = rest::AdmissionRuleOption {
                        name: (*name).to_owned(),
                        ops: strings(ops),
                        ..rest::AdmissionRuleOption::default()
                    };
                    ((*name).to_owned(), option)
                })
                .collect();
            let option = rest::AdmissionRuleOption {
                name: definition.name.to_owned(),
                ops: strings(definition.operators(rule_type)),
                values: strings(definition.values),
                match_src: definition.source.to_owned(),
                sub_options,
            };
            (definition.name.to_owned(), option)
        })
        .collect();
    rest::AdmissionRuleOptions { rule_options }
}

/// What clients can compare with the value at a path of their own, by its type.
pub fn custom_options() -> Vec<rest::AdmissionCustomCriteriaOption> {
    let option = |(kind, ops): &(&str, &[&str])| rest::AdmissionCustomCriteriaOption {
        value_type: (*kind).to_owned(),
        ops: ops.iter().map(|op| (*op).to_owned()).collect(),
        values: if *kind == "boolean" {
            vec!["true".to_owned(), "false".to_owned()]
        } else {
            vec![]
        },
    };
    custom_path::OPERATORS.iter().map(option).collect()
}

#[cfg(test)]
mod tests;
