//! What objects name, and whether it is where they are: in the federation, and
//! in every cluster that they are for.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use palisade_api::ObjectKind;
use palisade_policy::cluster::ClusterSelector;
use palisade_policy::network_rule::NetworkRule;
use palisade_policy::response_rule::ResponseRule;
use palisade_policy::sensor::{Dlp, Inspection, SensorGroup, Waf};
use sqlx::PgConnection;

use super::{Result, RuleError, parse};
use crate::store::change::{NewItem, Op, Target};
use crate::store::object;

/// An object by kind and name.
pub(super) type Key = (ObjectKind, String);

/// What a group has of its own: it goes where the group goes.
pub(super) const BELONGING: [ObjectKind; 4] = [
    ObjectKind::ProcessProfile,
    ObjectKind::FileMonitor,
    ObjectKind::DlpGroup,
    ObjectKind::WafGroup,
];

/// What names others, or is named.
const LINKED: [ObjectKind; 10] = [
    ObjectKind::Group,
    ObjectKind::NetworkRule,
    ObjectKind::ResponseRule,
    ObjectKind::ProcessProfile,
    ObjectKind::FileMonitor,
    ObjectKind::DlpSensor,
    ObjectKind::DlpGroup,
    ObjectKind::WafSensor,
    ObjectKind::WafGroup,
    ObjectKind::Webhook,
];

/// Those of them that others name.
const NAMED: [ObjectKind; 4] =
    [ObjectKind::Group, ObjectKind::DlpSensor, ObjectKind::WafSensor, ObjectKind::Webhook];

/// The objects that name others or are named, as a change leaves them. Those that the
/// change can do nothing to are left out.
pub(super) struct Linked {
    objects: BTreeMap<Key, (Bytes, ClusterSelector)>,
    touched: BTreeSet<Key>,
}

impl Linked {
    /// As `items` leave what there is.
    pub(super) async fn after(conn: &mut PgConnection, items: &[NewItem]) -> Result<Self> {
        // Whoever names an object is concerned where it goes, or is for other clusters; else
        // what is written is all that may name what is not there. There may be thousands of
        // rules, and nobody else changes anything meanwhile.
        let goes = |item: &NewItem| item.op == Op::Delete || item.target != Target::Keep;
        let is_shaken = items.iter().any(|item| NAMED.contains(&item.kind) && goes(item));
        let kinds: &[ObjectKind] = if is_shaken { &LINKED } else { &NAMED };
        let mut present = Vec::new();
        for kind in kinds {
            present.extend(object::list(conn, *kind).await?);
        }
        if !is_shaken {
            let written = items.iter().map(|item| (item.kind, item.name.as_str()));
            present.extend(object::of(conn, written).await?);
        }
        let present = present.into_iter();
        let objects = present
            .map(|object| ((object.kind, object.name), (object.payload, object.selector)))
            .collect();
        let mut linked = Self { objects, touched: BTreeSet::new() };
        linked.apply(items);
        Ok(linked)
    }

    fn apply(&mut self, items: &[NewItem]) {
        for item in items {
            let key = (item.kind, item.name.clone());
            let old = self.objects.remove(&key);
            let (payload, selector) = old.unwrap_or_default();
            let payload = match &item.op {
                Op::Put(payload) => Some(payload.clone()),
                Op::Keep => Some(payload),
                Op::Delete => None,
            };
            let selector = match &item.target {
                Target::Keep => selector,
                Target::Set(selector) => selector.clone(),
            };
            self.objects.extend(payload.map(|payload| (key.clone(), (payload, selector))));
            self.touched.insert(key);
        }
    }

    /// Fails where an object that the change touches, or one that names such an
    /// object, names what does not exist or does not reach all of its clusters.
    pub(super) fn check(&self) -> Result<()> {
        for (key, (payload, selector)) in &self.objects {
            let named = references(key, payload)?;
            if !self.touched.contains(key) && !named.iter().any(|name| self.touched.contains(name))
            {
                continue;
            }
            for name in named {
                let Some((_, reached)) = self.objects.get(&name) else {
                    return Err(RuleError::Dangling { user: key.clone(), used: name });
                };
                if !selector.is_within(reached) {
                    return Err(RuleError::Unreached { user: key.clone(), used: name });
                }
            }
        }
        Ok(())
    }
}

/// The objects that an object names and that must exist.
fn references((kind, name): &Key, payload: &[u8]) -> Result<Vec<Key>> {
    let group = |name: &str| (ObjectKind::Group, name.to_owned());
    Ok(match kind {
        ObjectKind::NetworkRule => parse::<NetworkRule>(payload)?.groups().map(group).collect(),
        ObjectKind::ResponseRule => {
            let rule: ResponseRule = parse(payload)?;
            let webhooks = rule.needed_webhooks();
            let webhooks = webhooks.map(|name| (ObjectKind::Webhook, name.to_owned()));
            rule.needed_group().into_iter().map(group).chain(webhooks).collect()
        }
        ObjectKind::ProcessProfile | ObjectKind::FileMonitor => vec![group(name)],
        ObjectKind::DlpGroup => bound::<Dlp>(name, payload)?,
        ObjectKind::WafGroup => bound::<Waf>(name, payload)?,
        _ => Vec::new(),
    })
}

fn bound<I: Inspection>(group: &str, payload: &[u8]) -> Result<Vec<Key>> {
    let bound: SensorGroup<I> = parse(payload)?;
    let sensors = bound.sensors.into_iter().map(|setting| (I::SENSOR, setting.name));
    Ok(std::iter::once((ObjectKind::Group, group.to_owned())).chain(sensors).collect())
}

#[cfg(test)]
mod tests {
    use palisade_policy::group::Group;
    use serde_json::json;

    use super::*;

    fn selector(json: serde_json::Value) -> ClusterSelector {
        serde_json::from_value(json).unwrap()
    }

    fn prod() -> ClusterSelector {
        selector(json!({"matchLabels": {"env": "prod"}}))
    }

    fn group(selector: ClusterSelector) -> NewItem {
        let group = Group { name: "fed.orders".to_owned(), ..Group::reserved()[1].clone() };
        let mut item =
            NewItem::put(ObjectKind::Group, "fed.orders", serde_json::to_vec(&group).unwrap());
        item.target = Target::Set(selector);
        item
    }

    fn rule(selector: ClusterSelector) -> NewItem {
        let rule = json!({
            "id": 100_001, "from": "fed.orders", "to": "external", "ports": "any",
            "action": "allow", "applications": [], "cfg_type": "federal", "position": 0,
            "created_timestamp": 0, "last_modified_timestamp": 0,
        });
        let mut item = NewItem::put(ObjectKind::NetworkRule, "100001", rule.to_string());
        item.target = Target::Set(selector);
        item
    }

    fn check(before: &[NewItem], items: &[NewItem]) -> Result<()> {
        let mut linked = Linked { objects: BTreeMap::new(), touched: BTreeSet::new() };
        linked.apply(before);
        linked.touched.clear();
        linked.apply(items);
        linked.check()
    }

    #[test]
    fn what_a_rule_names_reaches_all_clusters_of_the_rule() {
        let all = ClusterSelector::everything;
        let other = || selector(json!({"matchLabels": {"env": "test"}}));
        let eu_prod = || selector(json!({"matchLabels": {"env": "prod", "region": "eu"}}));
        for (of_group, of_rule, fits) in [
            (all(), all(), true),
            (all(), prod(), true),
            (prod(), prod(), true),
            (prod(), eu_prod(), true),
            (prod(), all(), false),
            (eu_prod(), prod(), false),
            (other(), prod(), false),
        ] {
            let (group, rule) = (group(of_group), rule(of_rule));
            let at_once = check(&[], &[group.clone(), rule.clone()]);
            assert_eq!(at_once.is_ok(), fits, "{group:?} {rule:?}");
            // As well when the group is narrowed under the rule.
            let wide = NewItem { target: Target::Set(all()), ..group.clone() };
            let target = group.target.clone();
            let narrowed = NewItem { op: Op::Keep, target, ..group.clone() };
            assert_eq!(check(&[wide, rule], &[narrowed]).is_ok(), fits);
        }
    }

    #[test]
    fn what_is_named_does_not_vanish() {
        let all = ClusterSelector::everything;
        let gone = NewItem::delete(ObjectKind::Group, "fed.orders");
        let error = check(&[group(all()), rule(all())], &[gone]).unwrap_err();
        assert!(error.to_string().contains("100001"), "{error}");
        assert!(check(&[], &[rule(all())]).is_err());
    }
}
