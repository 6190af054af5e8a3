//! Federated network rules and their order.

use std::collections::{BTreeMap, BTreeSet};

use palisade_api::ObjectKind;
use palisade_api::rest::policy_rule::{
    PolicyRule, PolicyRuleActionData, PolicyRuleConfig, PolicyRuleInsert, PolicyRuleMove,
};
use palisade_policy::PolicyError;
use palisade_policy::group::Group;
use palisade_policy::network_rule::order::{self, GAP};
use palisade_policy::network_rule::{NetworkRule, new_id};

use super::{Edit, Result, RuleError, find, load};
use crate::store::{Actor, Database};

const KIND: ObjectKind = ObjectKind::NetworkRule;

/// All rules in the order of their evaluation.
pub async fn list(database: &Database) -> Result<Vec<NetworkRule>> {
    let mut conn = database.acquire().await?;
    let mut rules: Vec<NetworkRule> = load(&mut conn, KIND).await?;
    rules.sort_by_key(|rule| rule.position);
    Ok(rules)
}

/// One rule.
pub async fn get(database: &Database, id: u32) -> Result<NetworkRule> {
    let mut conn = database.acquire().await?;
    find(&mut conn, KIND, &id.to_string()).await?.ok_or(RuleError::MissingRule(id))
}

/// Changes what `config` names of a rule; `now` is in Unix seconds.
pub async fn update(
    database: &Database,
    actor: &Actor,
    id: u32,
    config: PolicyRuleConfig,
    now: i64,
) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let before: Option<NetworkRule> = find(&mut edit.tx, KIND, &id.to_string()).await?;
    let rule = before.ok_or(RuleError::MissingRule(id))?.update(config, now)?;
    groups_exist(&mut edit, rule.groups().map(str::to_owned).collect()).await?;
    edit.put(KIND, id.to_string(), &rule)?;
    edit.commit(actor).await
}

/// Deletes rules; all of them must exist.
pub async fn delete(database: &Database, actor: &Actor, ids: &[u32]) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let mut table = Table::load(&mut edit).await?;
    table.delete(ids)?;
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
    if let Some(wanted) = action.move_ {
        table.shift(&wanted)?;
    }
    if let Some(insert) = action.insert {
        table.insert(insert, now)?;
    }
    if let Some(rules) = action.rules {
        table.replace(rules, now)?;
    }
    if let Some(ids) = action.delete {
        table.delete(&ids)?;
    }
    groups_exist(&mut edit, table.changed_groups()).await?;
    table.write(&mut edit)?;
    edit.commit(actor).await
}

/// All rules, as they were and as they are to be.
struct Table {
    before: BTreeMap<u32, NetworkRule>,
    rules: BTreeMap<u32, NetworkRule>,
}

impl Table {
    async fn load(edit: &mut Edit) -> Result<Self> {
        let rules: Vec<NetworkRule> = load(&mut edit.tx, KIND).await?;
        let before: BTreeMap<u32, NetworkRule> =
            rules.into_iter().map(|rule| (rule.id, rule)).collect();
        Ok(Self { rules: before.clone(), before })
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
        let mut rule = self.rules.remove(&wanted.id).ok_or(RuleError::MissingRule(wanted.id))?;
        if wanted.after.is_some_and(|after| after.unsigned_abs() == u64::from(wanted.id)) {
            return Err(PolicyError::InvalidField {
                field: "after",
                reason: "a rule cannot follow itself".to_owned(),
            }
            .into());
        }
        for position in self.place(wanted.after, 1)? {
            rule.position = position;
        }
        self.rules.insert(rule.id, rule);
        Ok(())
    }

    fn insert(&mut self, insert: PolicyRuleInsert, now: i64) -> Result<()> {
        let positions = self.place(insert.after, insert.rules.len())?;
        let mut used: BTreeSet<u32> = self.rules.keys().copied().collect();
        // Ids that the request asks for are not given away to others of it.
        for rule in insert.rules.iter().filter(|rule| rule.id != 0) {
            if !used.insert(rule.id) {
                return Err(PolicyError::DuplicateRule(rule.id).into());
            }
        }
        for (rule, position) in insert.rules.into_iter().zip(positions) {
            let id = if rule.id == 0 { new_id(0, &used)? } else { rule.id };
            used.insert(id);
            self.rules.insert(id, NetworkRule::create(rule, id, position, now)?);
        }
        Ok(())
    }

    fn replace(&mut self, rules: Vec<PolicyRule>, now: i64) -> Result<()> {
        let mut used: BTreeSet<u32> = BTreeSet::new();
        for rule in rules.iter().filter(|rule| rule.id != 0) {
            if !used.insert(rule.id) {
                return Err(PolicyError::DuplicateRule(rule.id).into());
            }
        }
        let mut replaced = BTreeMap::new();
        let mut last = None;
        for rule in rules {
            let id = if rule.id == 0 { new_id(0, &used)? } else { rule.id };
            used.insert(id);
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
            self.rules.remove(id).ok_or(RuleError::MissingRule(*id))?;
        }
        Ok(())
    }

    fn changed(&self) -> impl Iterator<Item = &NetworkRule> {
        self.rules.values().filter(|rule| self.before.get(&rule.id) != Some(rule))
    }

    fn changed_groups(&self) -> BTreeSet<String> {
        self.changed().flat_map(NetworkRule::groups).map(str::to_owned).collect()
    }

    fn write(&self, edit: &mut Edit) -> Result<()> {
        for rule in self.changed() {
            edit.put(KIND, rule.id.to_string(), rule)?;
        }
        for id in self.before.keys().filter(|id| !self.rules.contains_key(id)) {
            edit.delete(KIND, id.to_string());
        }
        Ok(())
    }
}

/// Fails when one of the groups does not exist.
async fn groups_exist(edit: &mut Edit, groups: BTreeSet<String>) -> Result<()> {
    for name in groups {
        if find::<Group>(&mut edit.tx, ObjectKind::Group, &name).await?.is_none() {
            return Err(PolicyError::MissingGroup(name).into());
        }
    }
    Ok(())
}
