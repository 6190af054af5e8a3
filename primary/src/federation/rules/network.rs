//! Federated network rules and their order.

use std::collections::{BTreeMap, BTreeSet};

use palisade_api::rest::cluster_selector::ClusterSelector;
use palisade_api::rest::policy_rule::{
    PolicyRule, PolicyRuleActionData, PolicyRuleConfig, PolicyRuleInsert, PolicyRuleMove,
};
use palisade_policy::FederatedObject as _;
use palisade_policy::network_rule::{FED_IDS, NetworkRule};
use palisade_policy::order::{self, GAP};
use palisade_policy::rule_id::IdPool;

use super::{Edit, Result, RuleError, get as find_rule, list as list_all};
use crate::store::{Actor, Database};

/// All rules in the order of their evaluation.
pub async fn list(database: &Database) -> Result<Vec<NetworkRule>> {
    let mut conn = database.acquire().await?;
    let mut rules: Vec<NetworkRule> = list_all(&mut conn).await?;
    rules.sort_by_key(|rule| rule.position);
    Ok(rules)
}

/// One rule.
pub async fn get(database: &Database, id: u32) -> Result<NetworkRule> {
    find_rule(&mut *database.acquire().await?, &id.to_string()).await
}

/// Changes what `config` names of a rule; `now` is in Unix seconds.
pub async fn update(
    database: &Database,
    actor: &Actor,
    id: u32,
    mut config: PolicyRuleConfig,
    now: i64,
) -> Result<()> {
    let target = config.cluster_selector.take();
    let mut edit = Edit::begin(database).await?;
    let rule = edit.get::<NetworkRule>(&id.to_string()).await?.update(config, now)?;
    edit.require_groups(rule.groups()).await?;
    edit.put(&rule)?;
    edit.target(&rule, target)?;
    edit.commit(actor).await
}

/// Deletes rules; all of them must exist.
pub async fn delete(database: &Database, actor: &Actor, ids: &[u32]) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let mut table = Table::load(&mut edit).await?;
    if let Err(error) = table.delete(ids) {
        return Err(edit.explained(error).await);
    }
    table.write(&mut edit)?;
    edit.commit(actor).await
}

/// Deletes all rules.
pub async fn delete_all(database: &Database, actor: &Actor) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let mut table = Table::load(&mut edit).await?;
    table.rules.clear();
    table.write(&mut edit)?;
    edit.commit(actor).await
}

/// Does what `action` names, as one change; `now` is in Unix seconds.
pub async fn act(
    database: &Database,
    actor: &Actor,
    action: PolicyRuleActionData,
    now: i64,
) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let mut table = Table::load(&mut edit).await?;
    if let Err(error) = table.act(action, now) {
        return Err(edit.explained(error).await);
    }
    edit.require_groups(table.changed_groups()).await?;
    table.write(&mut edit)?;
    edit.commit(actor).await
}

/// All rules, as they were and as they are to be.
struct Table {
    before: BTreeMap<u32, NetworkRule>,
    rules: BTreeMap<u32, NetworkRule>,
    targets: BTreeMap<u32, ClusterSelector>,
    ids: IdPool,
}

impl Table {
    async fn load(edit: &mut Edit) -> Result<Self> {
        let rules: Vec<NetworkRule> = edit.list().await?;
        let before: BTreeMap<u32, NetworkRule> =
            rules.into_iter().map(|rule| (rule.id, rule)).collect();
        let ids = edit.ids(NetworkRule::KIND, FED_IDS, before.keys().copied()).await?;
        Ok(Self { rules: before.clone(), before, targets: BTreeMap::new(), ids })
    }

    fn act(&mut self, action: PolicyRuleActionData, now: i64) -> Result<()> {
        if let Some(wanted) = action.move_ {
            self.shift(&wanted)?;
        }
        if let Some(insert) = action.insert {
            self.insert(insert, now)?;
        }
        if let Some(rules) = action.rules {
            self.replace(rules, now)?;
        }
        if let Some(ids) = action.delete {
            self.delete(&ids)?;
        }
        Ok(())
    }

    /// Ids and positions in ascending order.
    fn order(&self) -> Vec<(u32, i64)> {
        let mut order: Vec<(u32, i64)> =
            self.rules.values().map(|rule| (rule.id, rule.position)).collect();
        order.sort_by_key(|(_, position)| *position);
        order
    }

    fn place(&mut self, after: Option<i64>, count: usize) -> Result<Vec<i64>> {
        let placed = order::place(&self.order(), after, count)?;
        for (id, position) in placed.moved {
            if let Some(rule) = self.rules.get_mut(&id) {
                rule.position = position;
            }
        }
        Ok(placed.positions)
    }

    fn shift(&mut self, wanted: &PolicyRuleMove) -> Result<()> {
        let missing = || RuleError::missing::<NetworkRule>(&wanted.id.to_string());
        if wanted.after.is_some_and(|after| after.unsigned_abs() == u64::from(wanted.id)) {
            // It is where it is wanted already.
            return self.rules.contains_key(&wanted.id).then_some(()).ok_or_else(missing);
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
    fn give_ids(&mut self, rules: &mut [PolicyRule]) -> Result<()> {
        let (asked, automatic): (Vec<_>, Vec<_>) = rules.iter_mut().partition(|r| r.id != 0);
        for rule in asked.into_iter().chain(automatic) {
            rule.id = self.ids.give(rule.id)?;
        }
        Ok(())
    }

    fn insert(&mut self, mut insert: PolicyRuleInsert, now: i64) -> Result<()> {
        let positions = self.place(insert.after, insert.rules.len())?;
        self.give_ids(&mut insert.rules)?;
        for (mut rule, position) in insert.rules.into_iter().zip(positions) {
            let id = rule.id;
            self.targets.extend(rule.cluster_selector.take().map(|target| (id, target)));
            self.rules.insert(id, NetworkRule::create(rule, id, position, now)?);
        }
        Ok(())
    }

    fn replace(&mut self, mut rules: Vec<PolicyRule>, now: i64) -> Result<()> {
        self.ids = IdPool::new(FED_IDS, [], self.ids.highest());
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
            let mut new = NetworkRule::create(rule, id, position, now)?;
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

    fn delete(&mut self, ids: &[u32]) -> Result<()> {
        for id in ids {
            let missing = || RuleError::missing::<NetworkRule>(&id.to_string());
            self.rules.remove(id).ok_or_else(missing)?;
        }
        Ok(())
    }

    fn changed(&self) -> impl Iterator<Item = &NetworkRule> {
        self.rules.values().filter(|rule| self.before.get(&rule.id) != Some(rule))
    }

    fn changed_groups(&self) -> BTreeSet<&str> {
        self.changed().flat_map(NetworkRule::groups).collect()
    }

    fn write(&self, edit: &mut Edit) -> Result<()> {
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
