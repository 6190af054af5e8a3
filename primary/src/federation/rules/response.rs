//! Federated response rules and their order.

use palisade_api::rest::response_rule::{ResponseRuleConfig, ResponseRuleInsert};
use palisade_policy::edit;
use palisade_policy::response_rule::ResponseRule;

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
pub async fn insert(database: &Database, actor: &Actor, insert: ResponseRuleInsert) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::response_rule::insert(&mut change, insert).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// Changes what `config` names of a rule.
pub async fn update(
    database: &Database,
    actor: &Actor,
    id: u32,
    config: ResponseRuleConfig,
) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::response_rule::update(&mut change, id, config).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// Deletes a rule.
pub async fn delete(database: &Database, actor: &Actor, id: u32) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::response_rule::delete(&mut change, id).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// Deletes all rules.
pub async fn delete_all(database: &Database, actor: &Actor) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::response_rule::delete_all(&mut change).await;
    change.explained(done).await?;
    change.commit(actor).await
}
