//! Federated webhooks.

use std::collections::BTreeMap;

use palisade_api::rest::webhook as rest;
use palisade_policy::webhook::Webhook;
use palisade_policy::{CfgType, PolicyError};

use palisade_policy::response_rule::ResponseRule;

use super::{Edit, Result, RuleError, list as list_all};
use crate::store::{Actor, Database};

/// All webhooks by name.
pub async fn list(database: &Database) -> Result<Vec<Webhook>> {
    list_all(&mut *database.acquire().await?).await
}

/// Adds a webhook.
pub async fn create(database: &Database, actor: &Actor, mut config: rest::Webhook) -> Result<()> {
    let target = config.cluster_selector.take();
    let webhook = Webhook::create(config, CfgType::Federal)?;
    let mut edit = Edit::begin(database).await?;
    if edit.find::<Webhook>(&webhook.name).await?.is_some() {
        return Err(RuleError::duplicate(&webhook));
    }
    edit.put(&webhook)?;
    edit.target(&webhook, target)?;
    edit.commit(actor).await
}

/// Replaces a webhook.
pub async fn update(
    database: &Database,
    actor: &Actor,
    name: &str,
    mut config: rest::Webhook,
) -> Result<()> {
    if config.name != name {
        return Err(PolicyError::InvalidField {
            field: "name",
            reason: "it differs from that in the path".to_owned(),
        }
        .into());
    }
    let target = config.cluster_selector.take();
    let webhook = Webhook::create(config, CfgType::Federal)?;
    let mut edit = Edit::begin(database).await?;
    let before: Webhook = edit.get(name).await?;
    edit.put_changed(&before, &webhook)?;
    edit.target(&webhook, target)?;
    edit.commit(actor).await
}

/// Makes `configs` all the webhooks that there are, as one change.
pub async fn replace(
    database: &Database,
    actor: &Actor,
    configs: Vec<rest::Webhook>,
) -> Result<()> {
    let mut wanted: BTreeMap<String, Webhook> = BTreeMap::new();
    for config in configs {
        let webhook = Webhook::create(config, CfgType::Federal)?;
        if wanted.contains_key(&webhook.name) {
            return Err(RuleError::duplicate(&webhook));
        }
        wanted.insert(webhook.name.clone(), webhook);
    }
    let mut edit = Edit::begin(database).await?;
    for before in edit.list::<Webhook>().await? {
        match wanted.remove(&before.name) {
            Some(now) => edit.put_changed(&before, &now)?,
            None => remove(&mut edit, &before).await?,
        }
    }
    for webhook in wanted.values() {
        edit.put(webhook)?;
    }
    edit.commit(actor).await
}

/// Deletes a webhook that no rule calls.
pub async fn delete(database: &Database, actor: &Actor, name: &str) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let webhook: Webhook = edit.get(name).await?;
    remove(&mut edit, &webhook).await?;
    edit.commit(actor).await
}

async fn remove(edit: &mut Edit, webhook: &Webhook) -> Result<()> {
    let rules: Vec<ResponseRule> = edit.list().await?;
    let calling = rules.iter().filter(|rule| rule.webhooks.contains(&webhook.name));
    let users = calling.map(|rule| format!("the response rule {}", rule.id)).collect();
    RuleError::unless_unused(webhook, users)?;
    edit.delete(webhook);
    Ok(())
}
