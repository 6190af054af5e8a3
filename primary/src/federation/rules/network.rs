//! Federated network rules and their order.

use palisade_api::rest::policy_rule::{PolicyRuleActionData, PolicyRuleConfig};
use palisade_policy::edit;
use palisade_policy::network_rule::NetworkRule;

use super::{Edit, Result, get as find_rule, list as list_all};
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
    config: PolicyRuleConfig,
    now: i64,
) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::network_rule::update(&mut change, id, config, now).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// Deletes rules; all of them must exist.
pub async fn delete(database: &Database, actor: &Actor, ids: &[u32]) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::network_rule::delete(&mut change, ids).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// Deletes all rules.
pub async fn delete_all(database: &Database, actor: &Actor) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::network_rule::delete_all(&mut change).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// Does what `action` names, as one change; `now` is in Unix seconds.
pub async fn act(
    database: &Database,
    actor: &Actor,
    action: PolicyRuleActionData,
    now: i64,
) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::network_rule::act(&mut change, action, now).await;
    change.explained(done).await?;
    change.commit(actor).await
}
