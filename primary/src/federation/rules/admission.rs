//! Federated admission rules.

use palisade_api::rest::admission::AdmissionRuleConfig;
use palisade_policy::admission::rule::{AdmissionRule, FED_IDS, RuleType};
use palisade_policy::{CfgType, FederatedObject as _};

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
    mut config: AdmissionRuleConfig,
) -> Result<AdmissionRule> {
    let mut edit = Edit::begin(database).await?;
    let rules: Vec<AdmissionRule> = edit.list().await?;
    let used = rules.iter().map(|rule| rule.id);
    let mut ids = edit.ids(AdmissionRule::KIND, FED_IDS, used).await?;
    config.id = ids.give(config.id)?;
    let id = config.id;
    let target = config.cluster_selector.take();
    let rule = AdmissionRule::create(config, id, CfgType::Federal)?;
    edit.given(AdmissionRule::KIND, &ids);
    edit.put(&rule)?;
    edit.target(&rule, target)?;
    edit.commit(actor).await?;
    Ok(rule)
}

/// Changes what `config` names of a rule.
pub async fn update(
    database: &Database,
    actor: &Actor,
    mut config: AdmissionRuleConfig,
) -> Result<()> {
    let target = config.cluster_selector.take();
    let mut edit = Edit::begin(database).await?;
    let before: AdmissionRule = edit.get(&config.id.to_string()).await?;
    let rule = before.clone().update(config)?;
    edit.put_changed(&before, &rule)?;
    edit.target(&rule, target)?;
    edit.commit(actor).await
}

/// Deletes a rule.
pub async fn delete(database: &Database, actor: &Actor, id: u32) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let rule: AdmissionRule = edit.get(&id.to_string()).await?;
    edit.delete(&rule);
    edit.commit(actor).await
}

/// Deletes all rules.
pub async fn delete_all(database: &Database, actor: &Actor) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    for rule in edit.list::<AdmissionRule>().await? {
        edit.delete(&rule);
    }
    edit.commit(actor).await
}
