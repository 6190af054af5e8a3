//! Which clusters objects are for.

use std::collections::BTreeMap;

use palisade_api::kind::LogId;
use palisade_api::{ObjectKind, Revision};
use palisade_policy::cluster::{ClusterSelector, Targets};
use sqlx::PgConnection;

use super::reference::{BELONGING, Key, Linked};
use super::{Edit, Result};
use crate::store::change::{NewItem, Op, Target};
use crate::store::{Database, object};

/// Which clusters the objects of a kind are for.
pub async fn targets_of(database: &Database, kind: ObjectKind) -> Result<Targets> {
    let selectors = object::selectors(&mut *database.acquire().await?, kind).await?;
    Ok(selectors.into_iter().map(|(name, selector)| (kind, name, selector)).collect())
}

/// Which clusters all federated objects are for.
pub(super) async fn targets(conn: &mut PgConnection) -> Result<Targets> {
    let objects = object::targeted(conn, LogId::Federation).await?;
    Ok(objects.into_iter().map(|o| (o.kind, o.name, o.selector)).collect())
}

impl Edit {
    /// Puts down which clusters the objects of the change are for, and fails
    /// where one would be without what it names.
    pub(super) async fn settle_targets(&mut self) -> Result<()> {
        let wanted = std::mem::take(&mut self.selectors);
        let nobody_ever = self.head.targeted == Revision::ZERO;
        if nobody_ever && wanted.values().all(ClusterSelector::is_everything) {
            return Ok(());
        }
        let present = self.selectors_of(wanted.keys().cloned()).await?;
        for (key, selector) in wanted {
            self.set_target(&key, present.get(&key), selector);
        }
        self.follow_groups().await?;
        let items = self.items();
        Linked::after(&mut self.tx, &items).await?.check()
    }

    /// What belongs to a group goes where the group goes.
    async fn follow_groups(&mut self) -> Result<()> {
        let mut groups: BTreeMap<String, ClusterSelector> = BTreeMap::new();
        for item in self.items.values() {
            if let (ObjectKind::Group, Target::Set(selector)) = (item.kind, &item.target) {
                groups.insert(item.name.clone(), selector.clone());
            }
        }
        let belonging = self
            .items
            .values()
            .filter(|item| BELONGING.contains(&item.kind) && matches!(item.op, Op::Put(_)));
        let named: Vec<Key> = belonging
            .filter(|item| !groups.contains_key(&item.name))
            .map(|item| (ObjectKind::Group, item.name.clone()))
            .collect();
        for ((_, name), selector) in self.selectors_of(named.into_iter()).await? {
            groups.insert(name, selector);
        }
        let keys = groups.keys().flat_map(|name| BELONGING.map(|kind| (kind, name.clone())));
        let present = self.selectors_of(keys.collect::<Vec<_>>().into_iter()).await?;
        for (name, selector) in groups {
            for kind in BELONGING {
                let key = (kind, name.clone());
                self.set_target(&key, present.get(&key), selector.clone());
            }
        }
        Ok(())
    }

    /// Lets an object be for others, in the item that writes it or in one of its
    /// own. One that there is not, before or after, is passed over.
    fn set_target(
        &mut self,
        key: &Key,
        present: Option<&ClusterSelector>,
        wanted: ClusterSelector,
    ) {
        let written = self.items.get_mut(key);
        match (written, present) {
            (Some(item), _) => {
                if item.op != Op::Delete {
                    item.target = Target::Set(wanted);
                }
            }
            (None, Some(present)) if *present != wanted => {
                self.add(NewItem::retarget(key.0, key.1.clone(), wanted));
            }
            (None, _) => {}
        }
    }

    /// Which clusters those of the objects are for that exist.
    pub(super) async fn selectors_of(
        &mut self,
        keys: impl Iterator<Item = Key>,
    ) -> Result<BTreeMap<Key, ClusterSelector>> {
        let keys: Vec<Key> = keys.collect();
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let named = keys.iter().map(|(kind, name)| (*kind, name.as_str()));
        let objects = object::of(&mut self.tx, named).await?;
        Ok(objects.into_iter().map(|o| ((o.kind, o.name), o.selector)).collect())
    }
}
