//! All objects of a kind, as they were and as they are to be.

use std::collections::{BTreeMap, BTreeSet};

use crate::FederatedObject;
use crate::edit::Edit;

/// All objects of a kind, as they were and as they are to be.
#[derive(Debug)]
pub struct Table<T> {
    before: BTreeMap<String, T>,
    now: BTreeMap<String, T>,
    named: BTreeSet<String>,
}

impl<T: FederatedObject + Clone + PartialEq> Table<T> {
    /// All that there are.
    pub async fn load<E: Edit>(edit: &mut E) -> Result<Self, E::Error> {
        let objects: Vec<T> = edit.list().await?;
        let before: BTreeMap<String, T> =
            objects.into_iter().map(|object| (object.object_name().into_owned(), object)).collect();
        Ok(Self { now: before.clone(), before, named: BTreeSet::new() })
    }

    /// One as it is to be.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.now.get(name)
    }

    /// All as they are to be, by name.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.now.values()
    }

    /// Puts an object over the one of its name.
    pub fn put(&mut self, object: T) {
        let name = object.object_name().into_owned();
        self.named.insert(name.clone());
        self.now.insert(name, object);
    }

    /// Puts an object of which nothing was said.
    pub fn place(&mut self, object: T) {
        self.now.insert(object.object_name().into_owned(), object);
    }

    /// Notes that an object was named, though nothing of it changes.
    pub fn name(&mut self, name: impl Into<String>) {
        self.named.insert(name.into());
    }

    /// Removes all but those that `keep` is true for.
    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.now.retain(|_, object| keep(object));
    }

    /// Puts what changed and deletes what is gone.
    pub fn write<E: Edit>(&self, edit: &mut E) -> Result<(), E::Error> {
        self.named.iter().for_each(|name| edit.named::<T>(name));
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
