//! Which clusters the objects of a federation are for.

use std::collections::BTreeMap;

use palisade_api::ObjectKind;
use palisade_api::rest::cluster_selector as rest;

use super::ClusterSelector;
use crate::FederatedObject;

/// The objects that are not for every cluster, each with its selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets(BTreeMap<(ObjectKind, String), ClusterSelector>);

impl Targets {
    /// The selector of an object as clients know it; none where the object is
    /// for every cluster.
    pub fn of<T: FederatedObject>(&self, object: &T) -> Option<rest::ClusterSelector> {
        self.get(T::KIND, &object.object_name())
    }

    /// The same of an object by kind and name.
    pub fn get(&self, kind: ObjectKind, name: &str) -> Option<rest::ClusterSelector> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&(kind, name.to_owned())).cloned().map(Into::into)
    }
}

impl FromIterator<(ObjectKind, String, ClusterSelector)> for Targets {
    fn from_iter<I: IntoIterator<Item = (ObjectKind, String, ClusterSelector)>>(iter: I) -> Self {
        let targeted = iter.into_iter().filter(|(_, _, selector)| !selector.is_everything());
        Self(targeted.map(|(kind, name, selector)| ((kind, name), selector)).collect())
    }
}
