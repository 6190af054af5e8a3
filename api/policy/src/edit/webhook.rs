//! Webhooks.

use std::collections::BTreeMap;

use palisade_api::rest::webhook as rest;

use super::{Edit, EditError};
use crate::PolicyError;
use crate::response_rule::ResponseRule;
use crate::webhook::Webhook;

/// Adds a webhook.
pub async fn create<E: Edit>(edit: &mut E, mut config: rest::Webhook) -> Result<(), E::Error> {
    let target = config.cluster_selector.take();
    let webhook = Webhook::create(config, edit.cfg_type())?;
    if edit.find::<Webhook>(&webhook.name).await?.is_some() {
        return Err(EditError::duplicate(&webhook).into());
    }
    edit.put(&webhook)?;
    edit.target(&webhook, target)
}

/// Replaces a webhook.
pub async fn update<E: Edit>(
    edit: &mut E,
    name: &str,
    mut config: rest::Webhook,
) -> Result<(), E::Error> {
    if config.name != name {
        return Err(PolicyError::field("name", "it differs from that in the path").into());
    }
    let target = config.cluster_selector.take();
    let webhook = Webhook::create(config, edit.cfg_type())?;
    let before: Webhook = edit.get(name).await?;
    edit.put_changed(&before, &webhook)?;
    edit.target(&webhook, target)
}

/// Makes `configs` all the webhooks that there are.
pub async fn replace<E: Edit>(edit: &mut E, configs: Vec<rest::Webhook>) -> Result<(), E::Error> {
    let mut wanted: BTreeMap<String, Webhook> = BTreeMap::new();
    for config in configs {
        let webhook = Webhook::create(config, edit.cfg_type())?;
        if wanted.contains_key(&webhook.name) {
            return Err(EditError::duplicate(&webhook).into());
        }
        wanted.insert(webhook.name.clone(), webhook);
    }
    for before in edit.list::<Webhook>().await? {
        match wanted.remove(&before.name) {
            Some(now) => edit.put_changed(&before, &now)?,
            None => remove(edit, &before).await?,
        }
    }
    for webhook in wanted.values() {
        edit.put(webhook)?;
    }
    Ok(())
}

/// Deletes a webhook that no rule calls.
pub async fn delete<E: Edit>(edit: &mut E, name: &str) -> Result<(), E::Error> {
    let webhook: Webhook = edit.get(name).await?;
    remove(edit, &webhook).await
}

async fn remove<E: Edit>(edit: &mut E, webhook: &Webhook) -> Result<(), E::Error> {
    let rules: Vec<ResponseRule> = edit.list().await?;
    let calling = rules.iter().filter(|rule| rule.webhooks.contains(&webhook.name));
    let users = calling.map(|rule| format!("the response rule {}", rule.id)).collect();
    EditError::unless_unused(webhook, users)?;
    edit.delete(webhook);
    Ok(())
}
