//! Federated webhooks.

use palisade_api::rest::webhook as rest;
use palisade_policy::edit;
use palisade_policy::webhook::Webhook;

use super::{Edit, Result, list as list_all};
use crate::store::{Actor, Database};

/// All webhooks by name.
pub async fn list(database: &Database) -> Result<Vec<Webhook>> {
    list_all(&mut *database.acquire().await?).await
}

/// Adds a webhook.
pub async fn create(database: &Database, actor: &Actor, config: rest::Webhook) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::webhook::create(&mut change, config).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// Replaces a webhook.
pub async fn update(
    database: &Database,
    actor: &Actor,
    name: &str,
    config: rest::Webhook,
) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::webhook::update(&mut change, name, config).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// Makes `configs` all the webhooks that there are, as one change.
pub async fn replace(
    database: &Database,
    actor: &Actor,
    configs: Vec<rest::Webhook>,
) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::webhook::replace(&mut change, configs).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// Deletes a webhook that no rule calls.
pub async fn delete(database: &Database, actor: &Actor, name: &str) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::webhook::delete(&mut change, name).await;
    change.explained(done).await?;
    change.commit(actor).await
}
