//! All objects of a kind, as they were and as they are to be.

use std::collections::BTreeMap;

use palisade_policy::FederatedObject;

use super::{Edit, Result};

/// All objects of a kind, as they were and as they are to be.
pub(super) struct Table<T> {
    before: BTreeMap<String, T>,
    now: BTreeMap<String, T>,
}

impl<T: FederatedObject + Clone + PartialEq> Table<T> {
    pub(super) async fn load(edit: &mut Edit) -> Result<Self> {
        let objects: Vec<T> = edit.list().await?;
        let before: BTreeMap<String, T> =
            objects.into_iter().map(|object| (object.object_name().into_owned(), object)).collect();
        Ok(Self { now: before.clone(), before })
    }

    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.now.get(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.now.values()
    }

    pub(super) fn put(&mut self, object: T) {
        self.now.insert(object.object_name().into_owned(), object);
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.now.retain(|_, object| keep(object));
    }

    /// Puts what changed and deletes what is gone.
    pub(super) fn write(&self, edit: &mut Edit) -> Result<()> {
        for (name, object) in &self.now {
            if self.before.get(name) != Some(object) {
                edit.put(object)?;
            }
        }
        for (name, object) in &self.before {
            if !self.now.contains_key(name) {
                edit.delete(object);
            }
        }
        Ok(())
    }
}
