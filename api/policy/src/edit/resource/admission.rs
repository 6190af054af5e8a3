//! Admission rules out of files.

use super::Table;
use crate::admission::rule::{self, AdmissionRule};
use crate::crd::admission::Spec;
use crate::crd::{self, Resource};
use crate::edit::Edit;
use crate::{CfgType, FederatedObject as _, PolicyError};

/// Adds the rules that the resources describe, or changes those that demand the
/// same.
pub async fn import<E: Edit>(edit: &mut E, resources: Vec<Resource<Spec>>) -> Result<(), E::Error> {
    let cfg_type = edit.cfg_type();
    let mut rules: Table<AdmissionRule> = Table::load(edit).await?;
    let used: Vec<u32> = rules.iter().map(|rule| rule.id).collect();
    let mut ids = edit.ids(AdmissionRule::KIND, rule::ids(cfg_type), used).await?;
    for resource in resources {
        let expected = crd::owner_name(cfg_type);
        if resource.metadata.name != expected {
            let reason = format!("the resource with rules of this owner is named {expected:?}");
            return Err(PolicyError::InvalidField { field: "metadata.name", reason }.into());
        }
        for spec in resource.spec.rules {
            if spec.built_in().is_some() {
                if cfg_type == CfgType::Federal {
                    let reason = "the federation has no built-in rules".to_owned();
                    return Err(PolicyError::InvalidField { field: "id", reason }.into());
                }
                // Each cluster has those of its version, and they cannot be changed.
                continue;
            }
            let selector = spec.cluster_selector.clone();
            let config = spec.into_config();
            // Checked as a new rule would be, under an id that it need not keep.
            let new = AdmissionRule::create(config, rule::ids(cfg_type).first(), cfg_type)?;
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
