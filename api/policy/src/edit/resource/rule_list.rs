//! Rules out of lists: with the ids and in the order that they have there.

use std::collections::BTreeSet;

use super::Table;
use crate::admission::rule::{self as admission, AdmissionRule};
use crate::crd::admission::RuleSpec;
use crate::crd::rule_list::{NetworkRuleSpec, ResponseRuleSpec};
use crate::edit::Edit;
use crate::network_rule::{self, NetworkRule};
use crate::order::GAP;
use crate::response_rule::{self, ResponseRule};
use crate::{FederatedObject as _, PolicyError};

/// Makes the network rules as a list has them; `now` is in Unix seconds.
pub async fn network<E: Edit>(
    edit: &mut E,
    specs: Vec<NetworkRuleSpec>,
    now: i64,
) -> Result<(), E::Error> {
    let cfg_type = edit.cfg_type();
    let mut rules: Table<NetworkRule> = Table::load(edit).await?;
    let used: Vec<u32> = rules.iter().map(|rule| rule.id).collect();
    let mut ids = edit.ids(NetworkRule::KIND, network_rule::ids(cfg_type), used).await?;
    let mut listed = Listed::default();
    for spec in specs {
        let id = spec.id;
        let selector = spec.cluster_selector.clone();
        let end = rules.iter().map(|rule| rule.position).max().map_or(0, |last| last + GAP);
        let first = network_rule::ids(cfg_type).first();
        let new = NetworkRule::create(spec.into_rest(), id.unwrap_or(first), cfg_type, end, now)?;
        // As it is, but for its id, its place and its age.
        let like = |old: &NetworkRule| NetworkRule {
            id: old.id,
            position: old.position,
            created_timestamp: old.created_timestamp,
            last_modified_timestamp: old.last_modified_timestamp,
            ..new.clone()
        };
        let old = match id {
            Some(id) => rules.get(&id.to_string()),
            None => rules.iter().find(|old| !listed.has(old.id) && like(old) == **old),
        };
        let rule = match old {
            Some(old) if like(old) == *old => old.clone(),
            Some(old) => NetworkRule { last_modified_timestamp: now, ..like(old) },
            None => NetworkRule { id: ids.give(id.unwrap_or_default())?, ..new },
        };
        listed.add("network rule", rule.id)?;
        edit.target(&rule, selector)?;
        rules.put(rule);
    }
    for (id, position) in listed.placed(rules.iter().map(|rule| (rule.id, rule.position))) {
        if let Some(rule) = rules.get(&id.to_string()).cloned() {
            rules.place(NetworkRule { position, ..rule });
        }
    }
    rules.write(edit)?;
    edit.given(NetworkRule::KIND, &ids);
    Ok(())
}

/// Makes the response rules as a list has them.
pub async fn response<E: Edit>(edit: &mut E, specs: Vec<ResponseRuleSpec>) -> Result<(), E::Error> {
    let cfg_type = edit.cfg_type();
    let mut rules: Table<ResponseRule> = Table::load(edit).await?;
    let used: Vec<u32> = rules.iter().map(|rule| rule.id).collect();
    let mut ids = edit.ids(ResponseRule::KIND, response_rule::ids(cfg_type), used).await?;
    let mut listed = Listed::default();
    for spec in specs {
        let id = spec.id;
        let selector = spec.cluster_selector.clone();
        let end = rules.iter().map(|rule| rule.position).max().map_or(0, |last| last + GAP);
        let first = response_rule::ids(cfg_type).first();
        let new = ResponseRule::create(spec.into_rest(), id.unwrap_or(first), cfg_type, end)?;
        let like =
            |old: &ResponseRule| ResponseRule { id: old.id, position: old.position, ..new.clone() };
        let old = match id {
            Some(id) => rules.get(&id.to_string()),
            None => rules.iter().find(|old| !listed.has(old.id) && like(old) == **old),
        };
        let rule = match old {
            Some(old) => like(old),
            None => ResponseRule { id: ids.give(id.unwrap_or_default())?, ..new },
        };
        listed.add("response rule", rule.id)?;
        edit.target(&rule, selector)?;
        rules.put(rule);
    }
    for (id, position) in listed.placed(rules.iter().map(|rule| (rule.id, rule.position))) {
        if let Some(rule) = rules.get(&id.to_string()).cloned() {
            rules.place(ResponseRule { position, ..rule });
        }
    }
    rules.write(edit)?;
    edit.given(ResponseRule::KIND, &ids);
    Ok(())
}

/// Makes the admission rules as a list has them. They have no order: allowed goes before denied.
pub async fn admission<E: Edit>(edit: &mut E, specs: Vec<RuleSpec>) -> Result<(), E::Error> {
    let cfg_type = edit.cfg_type();
    let mut rules: Table<AdmissionRule> = Table::load(edit).await?;
    let used: Vec<u32> = rules.iter().map(|rule| rule.id).collect();
    let mut ids = edit.ids(AdmissionRule::KIND, admission::ids(cfg_type), used).await?;
    let mut listed = Listed::default();
    for spec in specs {
        let id = spec.id;
        let selector = spec.cluster_selector.clone();
        let first = admission::ids(cfg_type).first();
        let config = RuleSpec { id: None, ..spec }.into_config();
        let new = AdmissionRule::create(config, id.unwrap_or(first), cfg_type)?;
        let like = |old: &AdmissionRule| AdmissionRule { id: old.id, ..new.clone() };
        let old = match id {
            Some(id) => rules.get(&id.to_string()),
            None => rules.iter().find(|old| !listed.has(old.id) && like(old) == **old),
        };
        let rule = match old {
            Some(old) => like(old),
            None => AdmissionRule { id: ids.give(id.unwrap_or_default())?, ..new },
        };
        listed.add("admission rule", rule.id)?;
        edit.target(&rule, selector)?;
        rules.put(rule);
    }
    rules.write(edit)?;
    edit.given(AdmissionRule::KIND, &ids);
    Ok(())
}

/// The ids of a list in their order.
#[derive(Default)]
struct Listed {
    order: Vec<u32>,
    ids: BTreeSet<u32>,
}

impl Listed {
    fn has(&self, id: u32) -> bool {
        self.ids.contains(&id)
    }

    fn add(&mut self, what: &str, id: u32) -> Result<(), PolicyError> {
        if !self.ids.insert(id) {
            let reason = "it is in the list twice".to_owned();
            return Err(PolicyError::InvalidEntry { entry: format!("{what} {id}"), reason });
        }
        self.order.push(id);
        Ok(())
    }

    /// The positions that rules get so that the listed ones are in their
    /// order: none where they are. Else the listed ones come first, and the
    /// others follow as they were.
    fn placed(&self, rules: impl Iterator<Item = (u32, i64)>) -> Vec<(u32, i64)> {
        let mut rules: Vec<(u32, i64)> = rules.collect();
        rules.sort_by_key(|(_, position)| *position);
        let now = rules.iter().map(|(id, _)| *id).filter(|id| self.has(*id));
        if now.eq(self.order.iter().copied()) {
            return Vec::new();
        }
        let others = rules.iter().map(|(id, _)| *id).filter(|id| !self.has(*id));
        let all = self.order.iter().copied().chain(others).enumerate();
        all.map(|(at, id)| (id, GAP * (at as i64 + 1))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_out_of_order_is_placed_anew() {
        let mut listed = Listed::default();
        for id in [3, 1] {
            listed.add("rule", id).unwrap();
        }
        assert!(listed.add("rule", 3).is_err());
        assert_eq!(listed.placed([(3, 10), (2, 20), (1, 30)].into_iter()), []);
        assert_eq!(
            listed.placed([(1, 10), (2, 20), (3, 30)].into_iter()),
            [(3, GAP), (1, 2 * GAP), (2, 3 * GAP)]
        );
    }
}
