//! All objects of a kind, as they were and as they are to be.

use std::collections::{BTreeMap, BTreeSet};

use palisade_policy::FederatedObject;
use palisade_policy::edit::Edit as _;

use super::{Edit, Result};

/// All objects of a kind, as they were and as they are to be.
pub(super) struct Table<T> {
    before: BTreeMap<String, T>,
    now: BTreeMap<String, T>,
    named: BTreeSet<String>,
}

impl<T: FederatedObject + Clone + PartialEq> Table<T> {
    pub(super) async fn load(edit: &mut Edit) -> Result<Self> {
        let objects: Vec<T> = edit.list().await?;
        let before: BTreeMap<String, T> =
            objects.into_iter().map(|object| (object.object_name().into_owned(), object)).collect();
        Ok(Self { now: before.clone(), before, named: BTreeSet::new() })
    }

    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.now.get(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.now.values()
    }

    pub(super) fn put(&mut self, object: T) {
        let name = object.object_name().into_owned();
        self.named.insert(name.clone());
        self.now.insert(name, object);
    }

    /// Puts an object of which nothing was said.
    pub(super) fn place(&mut self, object: T) {
        self.now.insert(object.object_name().into_owned(), object);
    }

    /// Notes that an object was named, though nothing of it changes.
    pub(super) fn name(&mut self, name: impl Into<String>) {
        self.named.insert(name.into());
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.now.retain(|_, object| keep(object));
    }

    /// Puts what changed and deletes what is gone.
    pub(super) fn write(&self, edit: &mut Edit) -> Result<()> {
        edit.named.extend(self.named.iter().map(|name| (T::KIND, name.clone())));
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
