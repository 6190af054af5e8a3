//! Network rules and their order.

use std::collections::{BTreeMap, BTreeSet};

use palisade_api::rest::cluster_selector::ClusterSelector;
use palisade_api::rest::policy_rule::{
    PolicyRule, PolicyRuleActionData, PolicyRuleConfig, PolicyRuleInsert, PolicyRuleMove,
};

use super::{Edit, EditError, require_owner};
use crate::network_rule::{self, NetworkRule};
use crate::order::{self, GAP};
use crate::rule_id::IdPool;
use crate::{CfgType, FederatedObject as _, PolicyError};

/// Changes what `config` names of a rule; `now` is in Unix seconds.
pub async fn update<E: Edit>(
    edit: &mut E,
    id: u32,
    mut config: PolicyRuleConfig,
    now: i64,
) -> Result<(), E::Error> {
    let target = config.cluster_selector.take();
    let rule = edit.get::<NetworkRule>(&id.to_string()).await?.update(config, now)?;
    edit.require_groups(rule.groups().collect()).await?;
    edit.put(&rule)?;
    edit.target(&rule, target)
}

/// Deletes rules; all of them must exist.
pub async fn delete<E: Edit>(edit: &mut E, ids: &[u32]) -> Result<(), E::Error> {
    let mut table = Table::load(edit).await?;
    table.delete(ids)?;
    table.write(edit)
}

/// Deletes all rules.
pub async fn delete_all<E: Edit>(edit: &mut E) -> Result<(), E::Error> {
    let mut table = Table::load(edit).await?;
    table.rules.clear();
    table.write(edit)
}

/// Does what `action` names; `now` is in Unix seconds. Of the ids to delete, those that
/// are gone already are passed over: the answer to who asks twice is the same.
pub async fn act<E: Edit>(
    edit: &mut E,
    action: PolicyRuleActionData,
    now: i64,
) -> Result<(), E::Error> {
    let mut table = Table::load(edit).await?;
    let is_whole = action.rules.is_some();
    if let Some(wanted) = action.move_ {
        table.shift::<E::Error>(&wanted)?;
    }
    if let Some(insert) = action.insert {
        table.insert(insert, now)?;
    }
    if let Some(rules) = action.rules {
        table.replace(rules, now)?;
    }
    for id in action.delete.into_iter().flatten() {
        // Beside a whole list clients name what others learned, and what it lacks.
        if !is_whole {
            table.require_own(id)?;
        }
        table.rules.remove(&id);
    }
    edit.require_groups(table.changed_groups().into_iter().collect()).await?;
    table.write(edit)
}

/// All rules, as they were and as they are to be.
struct Table {
    before: BTreeMap<u32, NetworkRule>,
    rules: BTreeMap<u32, NetworkRule>,
    targets: BTreeMap<u32, ClusterSelector>,
    ids: IdPool,
    cfg_type: CfgType,
}

impl Table {
    async fn load<E: Edit>(edit: &mut E) -> Result<Self, E::Error> {
        let rules: Vec<NetworkRule> = edit.list().await?;
        let before: BTreeMap<u32, NetworkRule> =
            rules.into_iter().map(|rule| (rule.id, rule)).collect();
        let (cfg_type, used): (_, Vec<u32>) = (edit.cfg_type(), before.keys().copied().collect());
        let ids = edit.ids(NetworkRule::KIND, network_rule::ids(cfg_type), used).await?;
        Ok(Self { rules: before.clone(), before, targets: BTreeMap::new(), ids, cfg_type })
    }

    /// Ids and positions in ascending order.
    fn order(&self) -> Vec<(u32, i64)> {
        let mut order: Vec<(u32, i64)> =
            self.rules.values().map(|rule| (rule.id, rule.position)).collect();
        order.sort_by_key(|(_, position)| *position);
        order
    }

    /// Whether an id is that of a rule of the federation, and this is a cluster, or the
    /// reverse.
    fn is_foreign(&self, id: u32) -> bool {
        (self.cfg_type == CfgType::Federal) != network_rule::FED_IDS.contains(id)
    }

    fn require_own(&self, id: u32) -> Result<(), PolicyError> {
        let ids = network_rule::ids(self.cfg_type);
        if self.is_foreign(id) { Err(ids.foreign(id)) } else { Ok(()) }
    }

    /// Where rules go that are wanted `after` another one. What clusters have of their own
    /// comes behind all that is federated, so beside it is the end of the list.
    fn place(&mut self, after: Option<i64>, count: usize) -> Result<Vec<i64>, PolicyError> {
        let is_of_cluster = |id: &i64| {
            self.cfg_type == CfgType::Federal
                && u32::try_from(id.unsigned_abs()).is_ok_and(|id| id != 0 && self.is_foreign(id))
        };
        let after = after.filter(|id| !is_of_cluster(id));
        let placed = order::place(&self.order(), after, count)?;
        for (id, position) in placed.moved {
            if let Some(rule) = self.rules.get_mut(&id) {
                rule.position = position;
            }
        }
        Ok(placed.positions)
    }

    fn shift<X: From<PolicyError> + From<EditError>>(
        &mut self,
        wanted: &PolicyRuleMove,
    ) -> Result<(), X> {
        self.require_own(wanted.id)?;
        let missing = || EditError::missing::<NetworkRule>(&wanted.id.to_string());
        if wanted.after.is_some_and(|after| after.unsigned_abs() == u64::from(wanted.id)) {
            // It is where it is wanted already.
            return Ok(self.rules.contains_key(&wanted.id).then_some(()).ok_or_else(missing)?);
        }
        let mut rule = self.rules.remove(&wanted.id).ok_or_else(missing)?;
        for position in self.place(wanted.after, 1)? {
            rule.position = position;
        }
        self.rules.insert(rule.id, rule);
        Ok(())
    }

    /// Gives the rules their ids: first those that are asked for, so that none
    /// of them is given away to another rule of the same request.
    fn give_ids(&mut self, rules: &mut [PolicyRule]) -> Result<(), PolicyError> {
        let (asked, automatic): (Vec<_>, Vec<_>) = rules.iter_mut().partition(|r| r.id != 0);
        for rule in asked.into_iter().chain(automatic) {
            rule.id = self.ids.give(rule.id)?;
        }
        Ok(())
    }

    fn insert(&mut self, mut insert: PolicyRuleInsert, now: i64) -> Result<(), PolicyError> {
        for rule in &insert.rules {
            require_owner(&rule.cfg_type, self.cfg_type)?;
        }
        let positions = self.place(insert.after, insert.rules.len())?;
        self.give_ids(&mut insert.rules)?;
        for (mut rule, position) in insert.rules.into_iter().zip(positions) {
            let id = rule.id;
            self.targets.extend(rule.cluster_selector.take().map(|target| (id, target)));
            self.rules.insert(id, NetworkRule::create(rule, id, self.cfg_type, position, now)?);
        }
        Ok(())
    }

    /// Makes `rules` the list. Clients send all that they see: what others own is passed
    /// over, and a rule that has nothing but its id stays as it is.
    fn replace(&mut self, listed: Vec<PolicyRule>, now: i64) -> Result<(), PolicyError> {
        let mut rules = Vec::with_capacity(listed.len());
        for rule in listed {
            if self.owns(&rule)? {
                rules.push(rule);
            }
        }
        self.ids = IdPool::new(network_rule::ids(self.cfg_type), [], self.ids.highest());
        self.give_ids(&mut rules)?;
        let mut replaced = BTreeMap::new();
        let mut last = None;
        for mut rule in rules {
            let id = rule.id;
            self.targets.extend(rule.cluster_selector.take().map(|target| (id, target)));
            let old = self.rules.get(&id);
            // A rule that is still behind the one before keeps its position.
            let position = match (old.map(|old| old.position), last) {
                (Some(position), None) => position,
                (Some(position), Some(last)) if position > last => position,
                (_, last) => last.unwrap_or(0) + GAP,
            };
            last = Some(position);
            if let Some(old) = old.filter(|_| says_its_id_alone(&rule)) {
                replaced.insert(id, NetworkRule { position, ..old.clone() });
                continue;
            }
            let mut new = NetworkRule::create(rule, id, self.cfg_type, position, now)?;
            if let Some(old) = old {
                new.created_timestamp = old.created_timestamp;
                let unchanged = NetworkRule {
                    last_modified_timestamp: old.last_modified_timestamp,
                    ..new.clone()
                };
                if unchanged == *old {
                    new = unchanged;
                }
            }
            replaced.insert(id, new);
        }
        self.rules = replaced;
        Ok(())
    }

    fn delete(&mut self, ids: &[u32]) -> Result<(), EditError> {
        for id in ids {
            let missing = || EditError::missing::<NetworkRule>(&id.to_string());
            self.rules.remove(id).ok_or_else(missing)?;
        }
        Ok(())
    }

    /// Whether a rule of a list is one of this owner's: it says so, or else its id does
    /// where there is nothing else.
    fn owns(&self, rule: &PolicyRule) -> Result<bool, PolicyError> {
        if rule.cfg_type.is_empty() {
            let id_tells = says_its_id_alone(rule) && rule.id != 0;
            let is_in_range = network_rule::ids(self.cfg_type).contains(rule.id);
            return Ok(!rule.learned && (is_in_range || !id_tells));
        }
        stated_owner(rule).map(|owner| owner == self.cfg_type)
    }

    fn changed(&self) -> impl Iterator<Item = &NetworkRule> {
        self.rules.values().filter(|rule| self.before.get(&rule.id) != Some(rule))
    }

    fn changed_groups(&self) -> BTreeSet<&str> {
        self.changed().flat_map(NetworkRule::groups).collect()
    }

    fn write<E: Edit>(&self, edit: &mut E) -> Result<(), E::Error> {
        for rule in self.changed() {
            edit.put(rule)?;
        }
        for (id, target) in &self.targets {
            if let Some(rule) = self.rules.get(id) {
                edit.target(rule, Some(target.clone()))?;
            }
        }
        for rule in self.before.values().filter(|rule| !self.rules.contains_key(&rule.id)) {
            edit.delete(rule);
        }
        edit.given(NetworkRule::KIND, &self.ids);
        Ok(())
    }
}

/// Whether all that is said of a rule is which it is.
fn says_its_id_alone(rule: &PolicyRule) -> bool {
    rule.from.is_empty() && rule.to.is_empty() && rule.applications.is_empty()
}

/// The owner that a rule names.
fn stated_owner(rule: &PolicyRule) -> Result<CfgType, PolicyError> {
    CfgType::parse(&rule.cfg_type).ok_or_else(|| {
        PolicyError::field("cfg_type", "it is learned, user_created, ground or federal")
    })
}
