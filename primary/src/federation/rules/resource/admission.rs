//! Admission rules out of files.

use palisade_policy::admission::rule::{AdmissionRule, FED_IDS};
use palisade_policy::crd::Resource;
use palisade_policy::crd::admission::Spec;
use palisade_policy::edit::Edit as _;
use palisade_policy::{CfgType, FederatedObject as _, PolicyError};

use super::super::table::Table;
use super::super::{Edit, Result};
use super::require_some;

/// Name of the resource that holds federated rules.
const NAME: &str = "fed";

pub(super) async fn import(edit: &mut Edit, resources: Vec<Resource<Spec>>) -> Result<()> {
    require_some(&resources)?;
    let mut rules: Table<AdmissionRule> = Table::load(edit).await?;
    let used: Vec<u32> = rules.iter().map(|rule| rule.id).collect();
    let mut ids = edit.ids(AdmissionRule::KIND, FED_IDS, used).await?;
    for resource in resources {
        if resource.metadata.name != NAME {
            let reason = format!("the resource with federated rules is named {NAME:?}");
            return Err(PolicyError::InvalidField { field: "metadata.name", reason }.into());
        }
        for rule in resource.spec.rules {
            if rule.built_in().is_some() {
                let reason = "the federation has no built-in rules".to_owned();
                return Err(PolicyError::InvalidField { field: "id", reason }.into());
            }
            let selector = rule.cluster_selector.clone();
            let config = rule.into_config();
            // Checked as a new rule would be, under an id that it need not keep.
            let new = AdmissionRule::create(config.clone(), FED_IDS.first(), CfgType::Federal)?;
            let same = |old: &&AdmissionRule| {
                old.rule_type == new.rule_type && old.criteria == new.criteria
            };
            let rule = match rules.iter().find(same).cloned() {
                Some(old) => AdmissionRule { id: old.id, ..new },
                None => AdmissionRule { id: ids.give(0)?, ..new },
            };
            edit.target(&rule, selector)?;
            rules.put(rule);
        }
    }
    rules.write(edit)?;
    edit.given(AdmissionRule::KIND, &ids);
    Ok(())
}
