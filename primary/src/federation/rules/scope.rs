//! Changes by those whose role does not reach every cluster.

use std::collections::BTreeMap;

use palisade_identity::{AccessScope, ScopeClusters};
use palisade_policy::cluster::ClusterSelector;

use super::reference::Key;
use super::{Edit, Result, RuleError};
use crate::store::change::{NewItem, Op, Target};

impl Edit {
    /// Fails where an object that the change touches is, was, or becomes, for
    /// clusters that may not be within the scope.
    pub(super) async fn keep_within(&mut self, scope: Option<&AccessScope>) -> Result<()> {
        let Some(scope) = scope else { return Ok(()) };
        let keys: Vec<Key> = self.items.keys().cloned().collect();
        let present = self.selectors_of(keys.into_iter()).await?;
        check(scope, &self.items, &present)
    }
}

fn check(
    scope: &AccessScope,
    items: &BTreeMap<Key, NewItem>,
    present: &BTreeMap<Key, ClusterSelector>,
) -> Result<()> {
    let everything = ClusterSelector::everything();
    for (key, item) in items {
        let before = present.get(key);
        let after = match (&item.op, &item.target) {
            (Op::Delete, _) => None,
            (_, Target::Set(selector)) => Some(selector),
            (_, Target::Keep) => Some(before.unwrap_or(&everything)),
        };
        if !before.into_iter().chain(after).all(|selector| scope.holds(selector)) {
            let (kind, name) = key.clone();
            return Err(RuleError::BeyondScope { kind, name, reason: reason(scope) });
        }
    }
    Ok(())
}

fn reason(scope: &AccessScope) -> &'static str {
    if !scope.has_whole_clusters() {
        return "what is federated is for whole clusters, and your role reaches some of their \
                namespaces";
    }
    match scope.clusters() {
        ScopeClusters::Labelled(_) => {
            "give it a cluster_selector with all that the scope's selector demands, before you \
             change it and after"
        }
        ScopeClusters::Listed(_) | ScopeClusters::All => {
            "only a scope that selects clusters by their labels tells which rules are within"
        }
    }
}

#[cfg(test)]
mod tests {
    use palisade_api::ObjectKind;
    use serde_json::json;

    use super::*;

    fn selector(json: serde_json::Value) -> ClusterSelector {
        serde_json::from_value(json).unwrap()
    }

    /// Whether somebody of the clusters labelled `env=prod` may make of a rule
    /// for `before` what `op` and `target` say.
    fn may(before: Option<&ClusterSelector>, op: Op, target: Target) -> bool {
        let prod = json!({"cluster_selector": {"matchLabels": {"env": "prod"}}});
        let scope: AccessScope = serde_json::from_value(prod).unwrap();
        let key = (ObjectKind::AdmissionRule, "1001".to_owned());
        let mut item = NewItem::put(key.0, key.1.clone(), b"{}".to_vec());
        item.op = op;
        item.target = target;
        let present = before.map(|selector| (key.clone(), selector.clone())).into_iter().collect();
        check(&scope, &[(key, item)].into(), &present).is_ok()
    }

    #[test]
    fn what_was_and_what_becomes_must_be_within() {
        let put = || Op::Put(b"{}".to_vec().into());
        let all = ClusterSelector::everything();
        let prod = selector(json!({"matchLabels": {"env": "prod"}}));
        let eu_prod = selector(json!({"matchLabels": {"env": "prod", "region": "eu"}}));
        let test = selector(json!({"matchLabels": {"env": "test"}}));
        for (before, op, target, fits) in [
            (None, put(), Target::Keep, false),
            (None, put(), Target::Set(all.clone()), false),
            (None, put(), Target::Set(prod.clone()), true),
            (None, put(), Target::Set(eu_prod.clone()), true),
            (None, put(), Target::Set(test.clone()), false),
            (Some(&prod), put(), Target::Keep, true),
            (Some(&prod), put(), Target::Set(all.clone()), false),
            (Some(&all), put(), Target::Set(prod.clone()), false),
            (Some(&all), Op::Delete, Target::Keep, false),
            (Some(&prod), Op::Delete, Target::Keep, true),
            (Some(&prod), Op::Keep, Target::Set(eu_prod.clone()), true),
            (Some(&prod), Op::Keep, Target::Set(test.clone()), false),
            (Some(&test), Op::Keep, Target::Set(prod.clone()), false),
        ] {
            let case = format!("{before:?} {op:?} {target:?}");
            assert_eq!(may(before, op, target), fits, "{case}");
        }
    }
}
