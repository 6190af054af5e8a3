//! Response rules out of files.

use palisade_policy::crd::Resource;
use palisade_policy::crd::response::{RuleSpec, Spec};
use palisade_policy::edit::Edit as _;
use palisade_policy::edit::response_rule::check_references;
use palisade_policy::order::GAP;
use palisade_policy::response_rule::{EXTERNAL, FED_IDS, ResponseRule};
use palisade_policy::rule_id::IdPool;
use palisade_policy::{CfgType, FederatedObject as _, PolicyError};

use super::super::table::Table;
use super::super::{Edit, Result};
use super::require_some;

pub(super) async fn import(
    edit: &mut Edit,
    resources: Vec<Resource<Spec>>,
    overwrite: bool,
) -> Result<()> {
    require_some(&resources)?;
    let mut merge = Merge::load(edit).await?;
    let mut kept = Vec::new();
    for resource in resources {
        let rule = resource.spec.rule;
        if !matches!(rule.group.as_str(), "" | EXTERNAL) {
            let reason = "the rules of a group are in the resource of the group".to_owned();
            return Err(PolicyError::InvalidField { field: "group", reason }.into());
        }
        let rule = merge.rule(edit, &rule, &rule.group)?;
        check_references(edit, &rule).await?;
        kept.push(rule.id);
    }
    if overwrite {
        merge.rules.retain(|rule| rule.needed_group().is_some() || kept.contains(&rule.id));
    }
    merge.write(edit)
}

/// Rules that are merged with those that there are.
pub(super) struct Merge {
    rules: Table<ResponseRule>,
    ids: IdPool,
}

impl Merge {
    pub(super) async fn load(edit: &mut Edit) -> Result<Self> {
        let rules: Table<ResponseRule> = Table::load(edit).await?;
        let used: Vec<u32> = rules.iter().map(|rule| rule.id).collect();
        let ids = edit.ids(ResponseRule::KIND, FED_IDS, used).await?;
        Ok(Self { rules, ids })
    }

    /// Adds a rule at the end, or changes the one that does the same.
    pub(super) fn rule(
        &mut self,
        edit: &mut Edit,
        spec: &RuleSpec,
        group: &str,
    ) -> Result<ResponseRule> {
        let end = self.rules.iter().map(|rule| rule.position).max().map_or(0, |last| last + GAP);
        let new =
            ResponseRule::create(spec.to_rest(group), FED_IDS.first(), CfgType::Federal, end)?;
        let same = |old: &&ResponseRule| {
            ResponseRule {
                id: old.id,
                position: old.position,
                comment: old.comment.clone(),
                disable: old.disable,
                ..new.clone()
            } == **old
        };
        let rule = match self.rules.iter().find(same).cloned() {
            Some(old) => ResponseRule { id: old.id, position: old.position, ..new },
            None => ResponseRule { id: self.ids.give(0)?, ..new },
        };
        edit.target(&rule, spec.cluster_selector.clone())?;
        self.rules.put(rule.clone());
        Ok(rule)
    }

    pub(super) fn write(&self, edit: &mut Edit) -> Result<()> {
        self.rules.write(edit)?;
        edit.given(ResponseRule::KIND, &self.ids);
        Ok(())
    }
}
