//! Rules out of lists: with the ids and in the order that they have there.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::Table;
use crate::admission::rule::{self as admission, AdmissionRule};
use crate::crd::admission::RuleSpec;
use crate::crd::rule_list::{NetworkRuleSpec, ResponseRuleSpec};
use crate::edit::Edit;
use crate::network_rule::{self, NetworkRule};
use crate::order::GAP;
use crate::response_rule::{self, ResponseRule};
use crate::{FederatedObject, PolicyError};

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
    let bare = |rule: &NetworkRule| NetworkRule {
        id: 0,
        position: 0,
        created_timestamp: 0,
        last_modified_timestamp: 0,
        ..rule.clone()
    };
    let mut alike = Alike::of(rules.iter().map(|rule| (rule.id, bare(rule))))?;
    let mut listed = Listed::default();
    let mut last = rules.iter().map(|rule| rule.position).max();
    for spec in specs {
        let id = spec.id;
        let selector = spec.cluster_selector.clone();
        let end = last.map_or(0, |last| last + GAP);
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
        let known = alike.or_take(id, &bare(&new), &listed)?;
        let rule = match known.and_then(|id| rules.get(&id.to_string())) {
            Some(old) if like(old) == *old => old.clone(),
            Some(old) => NetworkRule { last_modified_timestamp: now, ..like(old) },
            None => {
                last = Some(end);
                NetworkRule { id: ids.give(id.unwrap_or_default())?, ..new }
            }
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
    let bare = |rule: &ResponseRule| ResponseRule { id: 0, position: 0, ..rule.clone() };
    let mut alike = Alike::of(rules.iter().map(|rule| (rule.id, bare(rule))))?;
    let mut listed = Listed::default();
    let mut last = rules.iter().map(|rule| rule.position).max();
    for spec in specs {
        let id = spec.id;
        let selector = spec.cluster_selector.clone();
        let end = last.map_or(0, |last| last + GAP);
        let first = response_rule::ids(cfg_type).first();
        let new = ResponseRule::create(spec.into_rest(), id.unwrap_or(first), cfg_type, end)?;
        let known = alike.or_take(id, &bare(&new), &listed)?;
        let rule = if let Some(old) = known.and_then(|id| rules.get(&id.to_string())) {
            ResponseRule { id: old.id, position: old.position, ..new }
        } else {
            last = Some(end);
            ResponseRule { id: ids.give(id.unwrap_or_default())?, ..new }
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
    let bare = |rule: &AdmissionRule| AdmissionRule { id: 0, ..rule.clone() };
    let mut alike = Alike::of(rules.iter().map(|rule| (rule.id, bare(rule))))?;
    let mut listed = Listed::default();
    for spec in specs {
        let id = spec.id;
        let selector = spec.cluster_selector.clone();
        let first = admission::ids(cfg_type).first();
        let config = RuleSpec { id: None, ..spec }.into_config();
        let new = AdmissionRule::create(config, id.unwrap_or(first), cfg_type)?;
        let known = alike.or_take(id, &bare(&new), &listed)?;
        let rule = match known.and_then(|id| rules.get(&id.to_string())) {
            Some(old) => AdmissionRule { id: old.id, ..new },
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

/// The ids of the rules that there were, by what these say beside their ids, places and
/// ages. A list of thousands is looked up in it while nobody else can change anything.
struct Alike(HashMap<String, VecDeque<u32>>);

impl Alike {
    fn of<T: FederatedObject>(bare: impl Iterator<Item = (u32, T)>) -> Result<Self, PolicyError> {
        let mut ids: HashMap<String, VecDeque<u32>> = HashMap::new();
        for (id, rule) in bare {
            ids.entry(said(&rule)?).or_default().push_back(id);
        }
        Ok(Self(ids))
    }

    /// The id that is told, or else that of the first rule which says the same and is not
    /// listed yet.
    fn or_take<T: FederatedObject>(
        &mut self,
        told: Option<u32>,
        bare: &T,
        listed: &Listed,
    ) -> Result<Option<u32>, PolicyError> {
        if told.is_some() {
            return Ok(told);
        }
        let Some(ids) = self.0.get_mut(&said(bare)?) else { return Ok(None) };
        while let Some(id) = ids.pop_front() {
            if !listed.has(id) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
}

/// What a rule says, as it is kept.
fn said<T: FederatedObject>(rule: &T) -> Result<String, PolicyError> {
    serde_json::to_string(rule).map_err(|error| PolicyError::InvalidEntry {
        entry: rule.object_name().into_owned(),
        reason: error.to_string(),
    })
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
    use palisade_api::rest::policy_rule::PolicyRule;

    use super::*;
    use crate::CfgType;

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

    #[test]
    fn each_rule_is_found_again_once_by_what_it_says() {
        let rule = |comment: &str| {
            let rule = PolicyRule {
                from: "fed.a".to_owned(),
                to: "external".to_owned(),
                ports: "any".to_owned(),
                action: "allow".to_owned(),
                comment: comment.to_owned(),
                ..PolicyRule::default()
            };
            NetworkRule::create(rule, 100_001, CfgType::Federal, 0, 0).unwrap()
        };
        let there = [(7, rule("x")), (8, rule("y")), (9, rule("x")), (10, rule("x"))];
        let mut alike = Alike::of(there.into_iter()).unwrap();
        let mut listed = Listed::default();
        listed.add("rule", 9).unwrap();
        for (told, comment, expected) in [
            (Some(3), "x", Some(3)),
            (None, "x", Some(7)),
            (None, "x", Some(10)),
            (None, "x", None),
            (None, "y", Some(8)),
            (None, "z", None),
        ] {
            let found = alike.or_take(told, &rule(comment), &listed).unwrap();
            assert_eq!(found, expected, "{told:?} {comment}");
        }
    }
}
