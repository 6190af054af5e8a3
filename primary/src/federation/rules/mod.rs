//! Federated rules and what they refer to, one file a kind. Each operation is
//! one transaction and one revision; what it depends on is read under the
//! log's lock, so that a rule and the group it names cannot part.

pub mod admission;
mod error;
pub mod file_monitor;
pub mod group;
pub mod network;
pub mod process_profile;
pub mod promote;
pub mod resource;
pub mod response;
pub mod sensor;
mod table;
pub mod webhook;

use std::collections::{BTreeMap, BTreeSet};

use palisade_api::ObjectKind;
use palisade_api::kind::LogId;
use palisade_policy::group::Group;
use palisade_policy::rule_id::{IdPool, RuleIds};
use palisade_policy::{FederatedObject, PolicyError};
use sqlx::{PgConnection, PgTransaction};

use super::promotion::require_primary;
use crate::store::change::{self, NewItem, Op};
use crate::store::{self, Actor, Database, StoreError};
pub use error::{Result, RuleError};

/// A transaction that changes federated objects.
struct Edit {
    tx: PgTransaction<'static>,
    /// What becomes of objects; reads see it.
    items: BTreeMap<(ObjectKind, String), Op>,
    /// Objects that were named, changed or not.
    named: BTreeSet<(ObjectKind, String)>,
    highest_ids: BTreeMap<ObjectKind, u32>,
}

impl Edit {
    /// Begins a change; this must be a primary.
    async fn begin(database: &Database) -> Result<Self> {
        let mut tx = database.begin().await?;
        change::lock(&mut tx, LogId::Federation).await?;
        require_primary(&mut tx).await?;
        Ok(Self {
            tx,
            items: BTreeMap::new(),
            named: BTreeSet::new(),
            highest_ids: BTreeMap::new(),
        })
    }

    /// One object, which must exist.
    async fn get<T: FederatedObject>(&mut self, name: &str) -> Result<T> {
        self.find(name).await?.ok_or_else(|| RuleError::missing::<T>(name))
    }

    /// One object, where there is one.
    async fn find<T: FederatedObject>(&mut self, name: &str) -> Result<Option<T>> {
        match self.items.get(&(T::KIND, name.to_owned())) {
            Some(Op::Put(payload)) => parse(payload).map(Some),
            Some(Op::Delete) => Ok(None),
            None => find(&mut self.tx, name).await,
        }
    }

    /// All objects of a kind by name.
    async fn list<T: FederatedObject>(&mut self) -> Result<Vec<T>> {
        let mut objects: Vec<T> = list(&mut self.tx).await?;
        let from = (T::KIND, String::new());
        let pending = self.items.range(from..).take_while(|((kind, _), _)| *kind == T::KIND);
        let pending: BTreeMap<&str, &Op> =
            pending.map(|((_, name), op)| (name.as_str(), op)).collect();
        if !pending.is_empty() {
            objects.retain(|object| !pending.contains_key(object.object_name().as_ref()));
            for op in pending.values() {
                if let Op::Put(payload) = op {
                    objects.push(parse(payload)?);
                }
            }
            objects.sort_by(|left, right| left.object_name().cmp(&right.object_name()));
        }
        Ok(objects)
    }

    /// Fails where one of the groups that a rule names does not exist.
    async fn require_groups<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) -> Result<()> {
        for name in names {
            if self.find::<Group>(name).await?.is_none() {
                return Err(PolicyError::MissingGroup(name.to_owned()).into());
            }
        }
        Ok(())
    }

    /// The pool that new rules of a kind get their ids from.
    async fn ids(
        &mut self,
        kind: ObjectKind,
        ids: RuleIds,
        used: impl IntoIterator<Item = u32>,
    ) -> Result<IdPool> {
        let highest = store::rule_id::highest(&mut self.tx, kind).await?;
        Ok(IdPool::new(ids, used, highest))
    }

    /// Remembers the ids that were given of a pool.
    fn given(&mut self, kind: ObjectKind, ids: &IdPool) {
        self.highest_ids.insert(kind, ids.highest());
    }

    fn put<T: FederatedObject>(&mut self, object: &T) -> Result<()> {
        let payload = serde_json::to_vec(object).map_err(RuleError::Encoding)?;
        let key = (T::KIND, object.object_name().into_owned());
        self.items.insert(key, Op::Put(payload.into()));
        Ok(())
    }

    /// Puts an object where it differs from what was before.
    fn put_changed<T: FederatedObject + PartialEq>(&mut self, before: &T, now: &T) -> Result<()> {
        if before == now { Ok(()) } else { self.put(now) }
    }

    fn delete<T: FederatedObject>(&mut self, object: &T) {
        self.items.insert((T::KIND, object.object_name().into_owned()), Op::Delete);
    }

    /// Commits what was put and deleted as one revision; nothing where nothing
    /// was.
    async fn commit(mut self, actor: &Actor) -> Result<()> {
        if !self.items.is_empty() {
            let items = self.items.into_iter();
            let items: Vec<NewItem> =
                items.map(|((kind, name), op)| NewItem { kind, name, op }).collect();
            change::commit(&mut self.tx, LogId::Federation, actor, &items).await?;
            for (kind, highest) in self.highest_ids {
                store::rule_id::raise(&mut self.tx, kind, highest).await?;
            }
        }
        self.tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }
}

/// All objects of a kind by name.
async fn list<T: FederatedObject>(conn: &mut PgConnection) -> Result<Vec<T>> {
    let objects = store::object::list(conn, T::KIND).await?;
    objects.iter().map(|object| parse(&object.payload)).collect()
}

/// One object, where there is one.
async fn find<T: FederatedObject>(conn: &mut PgConnection, name: &str) -> Result<Option<T>> {
    let object = store::object::get(conn, T::KIND, name).await?;
    object.map(|object| parse(&object.payload)).transpose()
}

/// One object, which must exist.
async fn get<T: FederatedObject>(conn: &mut PgConnection, name: &str) -> Result<T> {
    find(conn, name).await?.ok_or_else(|| RuleError::missing::<T>(name))
}

/// One object for each group, in the order of the groups: the one that is named
/// by the group, or an empty one.
fn of_groups<'a, T: FederatedObject>(
    groups: impl Iterator<Item = &'a Group>,
    objects: Vec<T>,
    empty: impl Fn(&str) -> T,
) -> Vec<T> {
    let mut objects: BTreeMap<String, T> =
        objects.into_iter().map(|object| (object.object_name().into_owned(), object)).collect();
    groups.map(|group| objects.remove(&group.name).unwrap_or_else(|| empty(&group.name))).collect()
}

fn parse<T: FederatedObject>(payload: &[u8]) -> Result<T> {
    serde_json::from_slice(payload)
        .map_err(|error| StoreError::inconsistent("object", error).into())
}
