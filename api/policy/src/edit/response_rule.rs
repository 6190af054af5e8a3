//! Response rules and their order.

use palisade_api::rest::response_rule::{ResponseRuleConfig, ResponseRuleInsert};

use super::{Edit, require_owner};
use crate::response_rule::{self, ResponseRule};
use crate::webhook::Webhook;
use crate::{FederatedObject as _, PolicyError, order};

/// Adds rules at a place in the list.
pub async fn insert<E: Edit>(edit: &mut E, mut insert: ResponseRuleInsert) -> Result<(), E::Error> {
    for rule in &insert.rules {
        require_owner(&rule.cfg_type, edit.cfg_type())?;
    }
    let mut rules: Vec<ResponseRule> = edit.list().await?;
    rules.sort_by_key(|rule| rule.position);
    let list: Vec<(u32, i64)> = rules.iter().map(|rule| (rule.id, rule.position)).collect();
    let used: Vec<u32> = rules.iter().map(|rule| rule.id).collect();
    let mut ids = edit.ids(ResponseRule::KIND, response_rule::ids(edit.cfg_type()), used).await?;
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
        let rule = ResponseRule::create(rule, id, edit.cfg_type(), position)?;
        check_references(edit, &rule).await?;
        edit.put(&rule)?;
        edit.target(&rule, target)?;
    }
    edit.given(ResponseRule::KIND, &ids);
    Ok(())
}

/// Changes what `config` names of a rule.
pub async fn update<E: Edit>(
    edit: &mut E,
    id: u32,
    mut config: ResponseRuleConfig,
) -> Result<(), E::Error> {
    let target = config.cluster_selector.take();
    let before: ResponseRule = edit.get(&id.to_string()).await?;
    let rule = before.clone().update(config)?;
    check_references(edit, &rule).await?;
    edit.put_changed(&before, &rule)?;
    edit.target(&rule, target)
}

/// Deletes a rule.
pub async fn delete<E: Edit>(edit: &mut E, id: u32) -> Result<(), E::Error> {
    let rule: ResponseRule = edit.get(&id.to_string()).await?;
    edit.delete(&rule);
    Ok(())
}

/// Deletes all rules.
pub async fn delete_all<E: Edit>(edit: &mut E) -> Result<(), E::Error> {
    for rule in edit.list::<ResponseRule>().await? {
        edit.delete(&rule);
    }
    Ok(())
}

/// Fails where the rule's group or one of its webhooks does not exist.
pub async fn check_references<E: Edit>(edit: &mut E, rule: &ResponseRule) -> Result<(), E::Error> {
    edit.require_groups(rule.needed_group().into_iter().collect()).await?;
    let needed: Vec<&str> = rule.needed_webhooks().collect();
    for name in needed {
        if edit.find::<Webhook>(name).await?.is_none() {
            return Err(PolicyError::MissingWebhook(crate::error::shorten(name)).into());
        }
    }
    Ok(())
}
