//! Federated response rules and their order.

use palisade_api::rest::response_rule::{ResponseRuleConfig, ResponseRuleInsert};
use palisade_policy::response_rule::{FED_IDS, ResponseRule};
use palisade_policy::webhook::Webhook;
use palisade_policy::{FederatedObject as _, PolicyError, order};

use super::{Edit, Result, get as find_rule, list as list_all};
use crate::store::{Actor, Database};

/// All rules in their order.
pub async fn list(database: &Database) -> Result<Vec<ResponseRule>> {
    let mut conn = database.acquire().await?;
    let mut rules: Vec<ResponseRule> = list_all(&mut conn).await?;
    rules.sort_by_key(|rule| rule.position);
    Ok(rules)
}

/// One rule.
pub async fn get(database: &Database, id: u32) -> Result<ResponseRule> {
    find_rule(&mut *database.acquire().await?, &id.to_string()).await
}

/// Adds rules at a place in the list.
pub async fn insert(
    database: &Database,
    actor: &Actor,
    mut insert: ResponseRuleInsert,
) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let mut rules: Vec<ResponseRule> = edit.list().await?;
    rules.sort_by_key(|rule| rule.position);
    let list: Vec<(u32, i64)> = rules.iter().map(|rule| (rule.id, rule.position)).collect();
    let mut ids = edit.ids(ResponseRule::KIND, FED_IDS, list.iter().map(|(id, _)| *id)).await?;
    let placed = order::place(&list, insert.after, insert.rules.len())?;
    for (id, position) in placed.moved {
        if let Some(rule) = rules.iter_mut().find(|rule| rule.id == id) {
            rule.position = position;
            edit.put(rule)?;
        }
    }
    // Those that are asked for are not given away to others.
    let (asked, automatic): (Vec<_>, Vec<_>) = insert.rules.iter_mut().partition(|r| r.id != 0);
    for rule in asked.into_iter().chain(automatic) {
        rule.id = ids.give(rule.id)?;
    }
    for (mut rule, position) in insert.rules.into_iter().zip(placed.positions) {
        let id = rule.id;
        let target = rule.cluster_selector.take();
        let rule = ResponseRule::create(rule, id, position)?;
        check_references(&mut edit, &rule).await?;
        edit.put(&rule)?;
        edit.target(&rule, target)?;
    }
    edit.given(ResponseRule::KIND, &ids);
    edit.commit(actor).await
}

/// Changes what `config` names of a rule.
pub async fn update(
    database: &Database,
    actor: &Actor,
    id: u32,
    mut config: ResponseRuleConfig,
) -> Result<()> {
    let target = config.cluster_selector.take();
    let mut edit = Edit::begin(database).await?;
    let before: ResponseRule = edit.get(&id.to_string()).await?;
    let rule = before.clone().update(config)?;
    check_references(&mut edit, &rule).await?;
    edit.put_changed(&before, &rule)?;
    edit.target(&rule, target)?;
    edit.commit(actor).await
}

/// Deletes a rule.
pub async fn delete(database: &Database, actor: &Actor, id: u32) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let rule: ResponseRule = edit.get(&id.to_string()).await?;
    edit.delete(&rule);
    edit.commit(actor).await
}

/// Deletes all rules.
pub async fn delete_all(database: &Database, actor: &Actor) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    for rule in edit.list::<ResponseRule>().await? {
        edit.delete(&rule);
    }
    edit.commit(actor).await
}

/// Fails where the rule's group or one of its webhooks does not exist.
pub(super) async fn check_references(edit: &mut Edit, rule: &ResponseRule) -> Result<()> {
    edit.require_groups(rule.needed_group()).await?;
    for name in rule.needed_webhooks() {
        if edit.find::<Webhook>(name).await?.is_none() {
            return Err(PolicyError::MissingWebhook(name.chars().take(128).collect()).into());
        }
    }
    Ok(())
}
