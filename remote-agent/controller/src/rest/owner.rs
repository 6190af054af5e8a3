//! Whose objects a write is about: what is federated is changed on the primary.

use palisade_api::Code;
use palisade_api::rest::policy_rule::{PolicyRule, PolicyRuleActionData};
use palisade_api::rest::response_rule::ResponseRuleInsert;
use palisade_policy::{CfgType, FED_PREFIX, network_rule, response_rule};

use super::error::{ApiError, Result};
use super::extract::{ListQuery, Scope};

/// Fails unless a write of a list or a file is about what the cluster has of its own.
pub(super) fn own(query: &ListQuery) -> Result<()> {
    if query.scope()? == Scope::Federal { Err(ApiError::federal()) } else { Ok(()) }
}

/// Fails unless an object of this name is one of the cluster.
pub(super) fn own_name(query: &ListQuery, name: &str, cfg_type: &str) -> Result<()> {
    if name.starts_with(FED_PREFIX) { Err(ApiError::federal()) } else { own_type(query, cfg_type) }
}

/// Fails unless an object of this `cfg_type` is one of the cluster.
pub(super) fn own_type(query: &ListQuery, cfg_type: &str) -> Result<()> {
    own(query)?;
    if says_federal(cfg_type) { Err(ApiError::federal()) } else { Ok(()) }
}

/// Fails unless a change of the list of network rules is about the cluster's own.
pub(super) fn own_network_rules(query: &ListQuery, action: &PolicyRuleActionData) -> Result<()> {
    own(query)?;
    if action.is_empty() {
        return Err(ApiError::invalid("One of move, insert, rules and delete is needed."));
    }
    let PolicyRuleActionData { move_, insert, rules, delete } = action;
    let is_federal = |id: u32| network_rule::FED_IDS.contains(id);
    if move_.as_ref().is_some_and(|moved| is_federal(moved.id)) {
        let text = "A federated rule is moved on the primary, among federated rules.";
        return Err(ApiError::new(Code::OpNotAllowed, text));
    }
    let says_so = |rule: &PolicyRule| says_federal(&rule.cfg_type) || is_federal(rule.id);
    let mut inserted = insert.iter().flat_map(|insert| &insert.rules);
    let mut deleted = delete.iter().flatten().copied();
    // A whole list may name what is federated among others: that stays as it is.
    let whole = rules.as_ref().filter(|rules| !rules.is_empty());
    let only_federal = whole.is_some_and(|rules| rules.iter().all(says_so));
    if only_federal || inserted.any(says_so) || deleted.any(is_federal) {
        return Err(ApiError::federal());
    }
    Ok(())
}

/// Fails unless new response rules are the cluster's own.
pub(super) fn own_response_rules(query: &ListQuery, insert: &ResponseRuleInsert) -> Result<()> {
    own(query)?;
    let is_federal = |id: u32| response_rule::FED_IDS.contains(id);
    if insert.rules.iter().any(|rule| says_federal(&rule.cfg_type) || is_federal(rule.id)) {
        return Err(ApiError::federal());
    }
    Ok(())
}

fn says_federal(cfg_type: &str) -> bool {
    cfg_type == CfgType::Federal.as_str()
}
