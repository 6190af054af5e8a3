//! Response rules out of files.

use super::Table;
use crate::crd::Resource;
use crate::crd::response::{RuleSpec, Spec};
use crate::edit::Edit;
use crate::edit::response_rule::check_references;
use crate::order::GAP;
use crate::response_rule::{self, EXTERNAL, ResponseRule};
use crate::rule_id::IdPool;
use crate::{FederatedObject as _, PolicyError};

/// Makes the rules as the resources describe them. With `overwrite`, those that
/// no resource describes and that are about no group are deleted.
pub async fn import<E: Edit>(
    edit: &mut E,
    resources: Vec<Resource<Spec>>,
    overwrite: bool,
) -> Result<(), E::Error> {
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
    /// The position behind the last of them.
    end: i64,
    ids: IdPool,
}

impl Merge {
    pub(super) async fn load<E: Edit>(edit: &mut E) -> Result<Self, E::Error> {
        let rules: Table<ResponseRule> = Table::load(edit).await?;
        let used: Vec<u32> = rules.iter().map(|rule| rule.id).collect();
        let ids = edit.ids(ResponseRule::KIND, response_rule::ids(edit.cfg_type()), used).await?;
        let end = rules.iter().map(|rule| rule.position).max().map_or(0, |last| last + GAP);
        Ok(Self { rules, end, ids })
    }

    /// Adds a rule at the end, or changes the one that does the same.
    pub(super) fn rule<E: Edit>(
        &mut self,
        edit: &mut E,
        spec: &RuleSpec,
        group: &str,
    ) -> Result<ResponseRule, E::Error> {
        let cfg_type = edit.cfg_type();
        let first = response_rule::ids(cfg_type).first();
        let new = ResponseRule::create(spec.to_rest(group), first, cfg_type, self.end)?;
        // One copy for all that it is held against.
        let mut like = new.clone();
        let same = |old: &&ResponseRule| {
            (like.id, like.position, like.disable) = (old.id, old.position, old.disable);
            like.comment.clone_from(&old.comment);
            like == **old
        };
        let rule = if let Some(old) = self.rules.iter().find(same) {
            ResponseRule { id: old.id, position: old.position, ..new }
        } else {
            self.end += GAP;
            ResponseRule { id: self.ids.give(0)?, ..new }
        };
        edit.target(&rule, spec.cluster_selector.clone())?;
        self.rules.put(rule.clone());
        Ok(rule)
    }

    pub(super) fn write<E: Edit>(&self, edit: &mut E) -> Result<(), E::Error> {
        self.rules.write(edit)?;
        edit.given(ResponseRule::KIND, &self.ids);
        Ok(())
    }
}
