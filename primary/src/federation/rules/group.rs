//! Federated groups.

use std::collections::BTreeMap;

use palisade_api::ObjectKind::{self, NetworkRule as RuleKind};
use palisade_api::rest::group::GroupConfig;
use palisade_policy::CfgType;
use palisade_policy::group::Group;
use palisade_policy::network_rule::NetworkRule;

use super::{Edit, Result, RuleError, find, load};
use crate::store::{Actor, Database};

const KIND: ObjectKind = ObjectKind::Group;

/// All groups by name, each with the ids of the network rules that name it.
pub async fn list(database: &Database) -> Result<Vec<(Group, Vec<u32>)>> {
    let mut conn = database.acquire().await?;
    let groups: Vec<Group> = load(&mut conn, KIND).await?;
    let rules: Vec<NetworkRule> = load(&mut conn, RuleKind).await?;
    let mut used: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for rule in &rules {
        for group in rule.groups() {
            let ids = used.entry(group).or_default();
            if ids.last() != Some(&rule.id) {
                ids.push(rule.id);
            }
        }
    }
    Ok(groups
        .into_iter()
        .map(|group| {
            let ids = used.remove(group.name.as_str()).unwrap_or_default();
            (group, ids)
        })
        .collect())
}

/// One group and the network rules that name it, in their order.
pub async fn get(database: &Database, name: &str) -> Result<(Group, Vec<NetworkRule>)> {
    let mut conn = database.acquire().await?;
    let group: Option<Group> = find(&mut conn, KIND, name).await?;
    let group = group.ok_or_else(|| RuleError::MissingGroup(name.to_owned()))?;
    let mut rules: Vec<NetworkRule> = load(&mut conn, RuleKind).await?;
    rules.retain(|rule| rule.groups().any(|group| group == name));
    rules.sort_by_key(|rule| rule.position);
    Ok((group, rules))
}

/// Adds a group.
pub async fn create(database: &Database, actor: &Actor, config: GroupConfig) -> Result<()> {
    let group = Group::create(config, CfgType::Federal)?;
    let mut edit = Edit::begin(database).await?;
    if find::<Group>(&mut edit.tx, KIND, &group.name).await?.is_some() {
        return Err(RuleError::DuplicateGroup(group.name));
    }
    edit.put(KIND, group.name.clone(), &group)?;
    edit.commit(actor).await
}

/// Changes what `config` names of a group.
pub async fn update(
    database: &Database,
    actor: &Actor,
    name: &str,
    config: GroupConfig,
) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let before: Option<Group> = find(&mut edit.tx, KIND, name).await?;
    let before = before.ok_or_else(|| RuleError::MissingGroup(name.to_owned()))?;
    let group = before.clone().update(config)?;
    if group != before {
        edit.put(KIND, group.name.clone(), &group)?;
    }
    edit.commit(actor).await
}

/// Deletes a group that no rule names.
pub async fn delete(database: &Database, actor: &Actor, name: &str) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let group: Option<Group> = find(&mut edit.tx, KIND, name).await?;
    let group = group.ok_or_else(|| RuleError::MissingGroup(name.to_owned()))?;
    if group.reserved {
        return Err(RuleError::ReservedGroup(group.name));
    }
    let rules: Vec<NetworkRule> = load(&mut edit.tx, RuleKind).await?;
    let using = rules.iter().filter(|rule| rule.groups().any(|group| group == name));
    let ids: Vec<u32> = using.map(|rule| rule.id).collect();
    if !ids.is_empty() {
        return Err(RuleError::GroupInUse { group: group.name, rules: ids });
    }
    edit.delete(KIND, group.name);
    edit.commit(actor).await
}
