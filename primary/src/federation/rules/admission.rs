//! Federated admission rules.

use std::collections::BTreeSet;

use palisade_api::ObjectKind;
use palisade_api::rest::admission::AdmissionRuleConfig;
use palisade_policy::CfgType;
use palisade_policy::admission::rule::{AdmissionRule, RuleType, new_id};

use super::{Edit, Result, RuleError, find, load};
use crate::store::{Actor, Database};

const KIND: ObjectKind = ObjectKind::AdmissionRule;

/// All rules in the order of their evaluation: allow before deny, then by id.
pub async fn list(database: &Database) -> Result<Vec<AdmissionRule>> {
    let mut conn = database.acquire().await?;
    let mut rules: Vec<AdmissionRule> = load(&mut conn, KIND).await?;
    rules.sort_by_key(|rule| (rule.rule_type == RuleType::Deny, rule.id));
    Ok(rules)
}

/// One rule.
pub async fn get(database: &Database, id: u32) -> Result<AdmissionRule> {
    let mut conn = database.acquire().await?;
    find(&mut conn, KIND, &id.to_string()).await?.ok_or(RuleError::MissingRule(id))
}

/// Adds a rule and returns it.
pub async fn create(
    database: &Database,
    actor: &Actor,
    config: AdmissionRuleConfig,
) -> Result<AdmissionRule> {
    let mut edit = Edit::begin(database).await?;
    let rules: Vec<AdmissionRule> = load(&mut edit.tx, KIND).await?;
    let used: BTreeSet<u32> = rules.iter().map(|rule| rule.id).collect();
    let id = new_id(config.id, CfgType::Federal, &used)?;
    let rule = AdmissionRule::create(config, id, CfgType::Federal)?;
    edit.put(KIND, id.to_string(), &rule)?;
    edit.commit(actor).await?;
    Ok(rule)
}

/// Changes what `config` names of a rule.
pub async fn update(database: &Database, actor: &Actor, config: AdmissionRuleConfig) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let id = config.id;
    let before: Option<AdmissionRule> = find(&mut edit.tx, KIND, &id.to_string()).await?;
    let before = before.ok_or(RuleError::MissingRule(id))?;
    let rule = before.clone().update(config)?;
    if rule != before {
        edit.put(KIND, id.to_string(), &rule)?;
    }
    edit.commit(actor).await
}

/// Deletes a rule.
pub async fn delete(database: &Database, actor: &Actor, id: u32) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    if find::<AdmissionRule>(&mut edit.tx, KIND, &id.to_string()).await?.is_none() {
        return Err(RuleError::MissingRule(id));
    }
    edit.delete(KIND, id.to_string());
    edit.commit(actor).await
}

/// Deletes all rules.
pub async fn delete_all(database: &Database, actor: &Actor) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let rules: Vec<AdmissionRule> = load(&mut edit.tx, KIND).await?;
    for rule in rules {
        edit.delete(KIND, rule.id.to_string());
    }
    edit.commit(actor).await
}
