//! Federated admission rules.

use palisade_api::rest::admission::AdmissionRuleConfig;
use palisade_policy::admission::rule::{AdmissionRule, RuleType};
use palisade_policy::edit;

use super::{Edit, Result, get as find_rule, list as list_all};
use crate::store::{Actor, Database};

/// All rules in the order of their evaluation: allow before deny, then by id.
pub async fn list(database: &Database) -> Result<Vec<AdmissionRule>> {
    let mut conn = database.acquire().await?;
    let mut rules: Vec<AdmissionRule> = list_all(&mut conn).await?;
    rules.sort_by_key(|rule| (rule.rule_type == RuleType::Deny, rule.id));
    Ok(rules)
}

/// One rule.
pub async fn get(database: &Database, id: u32) -> Result<AdmissionRule> {
    find_rule(&mut *database.acquire().await?, &id.to_string()).await
}

/// Adds a rule and returns it.
pub async fn create(
    database: &Database,
    actor: &Actor,
    config: AdmissionRuleConfig,
) -> Result<AdmissionRule> {
    let mut change = Edit::begin(database).await?;
    let made = edit::admission_rule::create(&mut change, config).await;
    let rule = change.explained(made).await?;
    change.commit(actor).await?;
    Ok(rule)
}

/// Changes what `config` names of a rule.
pub async fn update(database: &Database, actor: &Actor, config: AdmissionRuleConfig) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::admission_rule::update(&mut change, config).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// Deletes a rule.
pub async fn delete(database: &Database, actor: &Actor, id: u32) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::admission_rule::delete(&mut change, id).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// Deletes all rules.
pub async fn delete_all(database: &Database, actor: &Actor) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::admission_rule::delete_all(&mut change).await;
    change.explained(done).await?;
    change.commit(actor).await
}
