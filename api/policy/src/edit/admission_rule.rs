//! Admission rules.

use palisade_api::rest::admission::AdmissionRuleConfig;

use super::{Edit, require_owner};
use crate::FederatedObject as _;
use crate::admission::rule::{self, AdmissionRule};

/// Adds a rule and gives it back.
pub async fn create<E: Edit>(
    edit: &mut E,
    mut config: AdmissionRuleConfig,
) -> Result<AdmissionRule, E::Error> {
    require_owner(&config.cfg_type, edit.cfg_type())?;
    let rules: Vec<AdmissionRule> = edit.list().await?;
    let used: Vec<u32> = rules.iter().map(|rule| rule.id).collect();
    let mut ids = edit.ids(AdmissionRule::KIND, rule::ids(edit.cfg_type()), used).await?;
    config.id = ids.give(config.id)?;
    let id = config.id;
    let target = config.cluster_selector.take();
    let rule = AdmissionRule::create(config, id, edit.cfg_type())?;
    edit.given(AdmissionRule::KIND, &ids);
    edit.put(&rule)?;
    edit.target(&rule, target)?;
    Ok(rule)
}

/// Changes what `config` names of a rule.
pub async fn update<E: Edit>(
    edit: &mut E,
    mut config: AdmissionRuleConfig,
) -> Result<(), E::Error> {
    require_owner(&config.cfg_type, edit.cfg_type())?;
    let target = config.cluster_selector.take();
    let before: AdmissionRule = edit.get(&config.id.to_string()).await?;
    let rule = before.clone().update(config)?;
    edit.put_changed(&before, &rule)?;
    edit.target(&rule, target)
}

/// Deletes a rule.
pub async fn delete<E: Edit>(edit: &mut E, id: u32) -> Result<(), E::Error> {
    let rule: AdmissionRule = edit.get(&id.to_string()).await?;
    edit.delete(&rule);
    Ok(())
}

/// Deletes all rules.
pub async fn delete_all<E: Edit>(edit: &mut E) -> Result<(), E::Error> {
    for rule in edit.list::<AdmissionRule>().await? {
        edit.delete(&rule);
    }
    Ok(())
}
