//! Changes of the objects that somebody owns: the federation, on the primary, or
//! a cluster, in its agent. What is checked is the same for both; where the
//! objects are kept is behind [`Edit`].
//!
//! Open the file of a kind for what can be done with its objects.

pub mod admission_rule;
mod error;
pub mod file_monitor;
pub mod group;
pub mod network_rule;
pub mod process_profile;
pub mod resource;
pub mod response_rule;
pub mod sensor;
pub mod sensor_group;
pub mod webhook;

use std::future::Future;

use palisade_api::ObjectKind;
use palisade_api::rest::cluster_selector::ClusterSelector;

pub use error::EditError;

use crate::group::Group;
use crate::rule_id::{IdPool, RuleIds};
use crate::{CfgType, FederatedObject, PolicyError};

/// A change of one owner's objects that is under way: reads see what it wrote.
pub trait Edit: Send {
    /// Why a change fails: the object itself, what is there beside it, or where
    /// objects are kept.
    type Error: From<PolicyError> + From<EditError> + Send;

    /// Who owns the objects.
    fn cfg_type(&self) -> CfgType;

    /// One object, where there is one.
    fn find<T: FederatedObject>(
        &mut self,
        name: &str,
    ) -> impl Future<Output = Result<Option<T>, Self::Error>> + Send;

    /// All objects of a kind by name.
    fn list<T: FederatedObject>(
        &mut self,
    ) -> impl Future<Output = Result<Vec<T>, Self::Error>> + Send;

    /// The highest id that a rule of a kind ever had; 0: none.
    fn highest_id(
        &mut self,
        kind: ObjectKind,
    ) -> impl Future<Output = Result<u32, Self::Error>> + Send;

    /// Remembers the ids that were given of a pool.
    fn given(&mut self, kind: ObjectKind, ids: &IdPool);

    /// Writes an object over the one of its name.
    fn put<T: FederatedObject>(&mut self, object: &T) -> Result<(), Self::Error>;

    /// Removes an object.
    fn delete<T: FederatedObject>(&mut self, object: &T);

    /// Lets an object be for the clusters that are `wanted`. One cluster's own
    /// objects are for itself.
    fn target<T: FederatedObject>(
        &mut self,
        object: &T,
        wanted: Option<ClusterSelector>,
    ) -> Result<(), Self::Error>;

    /// Notes that a file names an object, whether anything of it changes or not. A change
    /// that deletes what nobody names wants to know.
    fn named<T: FederatedObject>(&mut self, _name: &str) {}

    /// One object, which must exist.
    fn get<T: FederatedObject>(
        &mut self,
        name: &str,
    ) -> impl Future<Output = Result<T, Self::Error>> + Send {
        async move { Ok(self.find(name).await?.ok_or_else(|| EditError::missing::<T>(name))?) }
    }

    /// Writes an object where it differs from what was before.
    fn put_changed<T: FederatedObject + PartialEq>(
        &mut self,
        before: &T,
        now: &T,
    ) -> Result<(), Self::Error> {
        if before == now { Ok(()) } else { self.put(now) }
    }

    /// The pool that new rules of a kind get their ids from.
    fn ids(
        &mut self,
        kind: ObjectKind,
        ids: RuleIds,
        used: impl IntoIterator<Item = u32> + Send,
    ) -> impl Future<Output = Result<IdPool, Self::Error>> + Send {
        async move {
            let highest = self.highest_id(kind).await?;
            Ok(IdPool::new(ids, used, highest))
        }
    }

    /// Fails where one of the groups that a rule names does not exist.
    fn require_groups(
        &mut self,
        names: Vec<&str>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send {
        async move {
            for name in names {
                if self.find::<Group>(name).await?.is_none() {
                    return Err(PolicyError::MissingGroup(crate::error::shorten(name)).into());
                }
            }
            Ok(())
        }
    }
}

/// Fails where a new object of the federation says that it is somebody else's: its name
/// says otherwise. A cluster has objects of more than one kind of its own.
fn require_federal(stated: &str, own: CfgType) -> Result<(), PolicyError> {
    if own == CfgType::Federal { require_owner(stated, own) } else { Ok(()) }
}

/// Fails where a rule that is written says that it is somebody else's, or of no kind that
/// there is: `cfg_type` as clients write it.
fn require_owner(stated: &str, own: CfgType) -> Result<(), PolicyError> {
    let own = own.as_str();
    if stated.is_empty() || stated == own {
        return Ok(());
    }
    Err(PolicyError::field("cfg_type", format!("what is written here is {own:?}")))
}
