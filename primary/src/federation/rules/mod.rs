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
mod reference;
pub mod resource;
pub mod response;
pub mod rollback;
mod scope;
pub mod sensor;
pub mod target;
pub mod webhook;

use std::collections::{BTreeMap, BTreeSet};

use palisade_api::ObjectKind;
use palisade_api::kind::LogId;
use palisade_api::rest::cluster_selector as rest;
use palisade_policy::cluster::ClusterSelector;
use palisade_policy::edit::{self, EditError};
use palisade_policy::group::Group;
use palisade_policy::rule_id::IdPool;
use palisade_policy::{CfgType, FederatedObject, PolicyError};
use sqlx::{PgConnection, PgTransaction};

use super::promotion::require_primary;
use super::rollout::{policy, step};
use crate::store::change::{self, Head, NewItem, Op};
use crate::store::{self, Actor, Database, StoreError, rollout};
pub use error::{Result, RuleError};
use reference::{Key, Linked};

/// A transaction that changes federated objects.
struct Edit {
    tx: PgTransaction<'static>,
    head: Head,
    /// What becomes of objects; reads see it.
    items: BTreeMap<Key, NewItem>,
    /// Objects that were named, changed or not.
    named: BTreeSet<Key>,
    selectors: BTreeMap<Key, ClusterSelector>,
    /// What is described without a selector is for all clusters.
    declarative: bool,
    highest_ids: BTreeMap<ObjectKind, u32>,
}

impl Edit {
    /// Begins a change; this must be a primary.
    async fn begin(database: &Database) -> Result<Self> {
        let mut tx = database.begin().await?;
        let head = change::lock(&mut tx, LogId::Federation).await?;
        require_primary(&mut tx).await?;
        Ok(Self {
            tx,
            head,
            items: BTreeMap::new(),
            named: BTreeSet::new(),
            selectors: BTreeMap::new(),
            declarative: false,
            highest_ids: BTreeMap::new(),
        })
    }

    /// Adds an item in place of one of the same object.
    fn add(&mut self, item: NewItem) {
        self.items.insert((item.kind, item.name.clone()), item);
    }

    /// The items so far.
    fn items(&self) -> Vec<NewItem> {
        self.items.values().cloned().collect()
    }

    /// Commits what was put and deleted as one revision; nothing where nothing
    /// was.
    async fn commit(mut self, actor: &Actor) -> Result<()> {
        self.settle_targets().await?;
        self.keep_within(actor.scope.as_ref()).await?;
        if !self.items.is_empty() {
            self.write(actor).await?;
            for (kind, highest) in self.highest_ids {
                store::rule_id::raise(&mut self.tx, kind, highest).await?;
            }
        }
        self.tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }
}

impl Edit {
    /// Says of what is missing that a rollout holds it back, where one does.
    async fn explained<T>(&mut self, outcome: Result<T>) -> Result<T> {
        let error = match outcome {
            Err(error) => error,
            done => return done,
        };
        let (kind, name) = match &error {
            RuleError::Edit(EditError::Missing { kind, name }) => (*kind, name.clone()),
            RuleError::Policy(PolicyError::MissingGroup(name)) => (ObjectKind::Group, name.clone()),
            _ => return Err(error),
        };
        let key = (kind, name);
        match rollout::held(&mut self.tx).await?.get(&key) {
            Some(rollout) => Err(RuleError::InRollout { kind, name: key.1, rollout: *rollout }),
            None => Err(error),
        }
    }
}

impl edit::Edit for Edit {
    type Error = RuleError;

    fn cfg_type(&self) -> CfgType {
        CfgType::Federal
    }

    async fn find<T: FederatedObject>(&mut self, name: &str) -> Result<Option<T>> {
        match self.items.get(&(T::KIND, name.to_owned())).map(|item| &item.op) {
            Some(Op::Put(payload)) => parse(payload).map(Some),
            Some(Op::Delete) => Ok(None),
            Some(Op::Keep) | None => find(&mut self.tx, name).await,
        }
    }

    async fn list<T: FederatedObject>(&mut self) -> Result<Vec<T>> {
        let mut objects: Vec<T> = list(&mut self.tx).await?;
        let from = (T::KIND, String::new());
        let pending = self.items.range(from..).take_while(|((kind, _), _)| *kind == T::KIND);
        let pending: BTreeMap<&str, &Op> = pending
            .filter(|(_, item)| item.op != Op::Keep)
            .map(|((_, name), item)| (name.as_str(), &item.op))
            .collect();
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

    async fn highest_id(&mut self, kind: ObjectKind) -> Result<u32> {
        Ok(store::rule_id::highest(&mut self.tx, kind).await?)
    }

    fn given(&mut self, kind: ObjectKind, ids: &IdPool) {
        self.highest_ids.insert(kind, ids.highest());
    }

    fn put<T: FederatedObject>(&mut self, object: &T) -> Result<()> {
        let payload = serde_json::to_vec(object).map_err(RuleError::Encoding)?;
        self.add(NewItem::put(T::KIND, object.object_name(), payload));
        Ok(())
    }

    fn delete<T: FederatedObject>(&mut self, object: &T) {
        self.add(NewItem::delete(T::KIND, object.object_name()));
    }

    fn named<T: FederatedObject>(&mut self, name: &str) {
        self.named.insert((T::KIND, name.to_owned()));
    }

    /// Without a wish the object stays for the clusters that it is for, or is for
    /// all where the change is to make true just what it says.
    fn target<T: FederatedObject>(
        &mut self,
        object: &T,
        wanted: Option<rest::ClusterSelector>,
    ) -> Result<()> {
        let wanted = wanted.or_else(|| self.declarative.then(Default::default));
        if let Some(wanted) = wanted {
            let key = (T::KIND, object.object_name().into_owned());
            self.selectors.insert(key, wanted.try_into()?);
        }
        Ok(())
    }
}

impl Edit {
    /// Writes the change, at once or by a rollout, as the policy says.
    async fn write(&mut self, actor: &Actor) -> Result<()> {
        let items = self.items();
        let held = rollout::held(&mut self.tx).await?;
        if !held.is_empty() {
            for item in &items {
                if let Some(rollout) = held.get(&(item.kind, item.name.clone())) {
                    let (kind, name) = (item.kind, item.name.clone());
                    return Err(RuleError::InRollout { kind, name, rollout: *rollout });
                }
            }
            // What a rollout deletes is not relied upon, and what it makes does
            // not lose what it names.
            Linked::after(&mut self.tx, &items).await?.check()?;
            let mut both = rollout::items(&mut self.tx).await?;
            both.extend(items.iter().cloned());
            Linked::after(&mut self.tx, &both).await?.check()?;
        }
        let policy = policy::get(&mut self.tx).await?;
        // Registries are scanned here: members are no canaries of theirs.
        let (at_once, staged): (Vec<NewItem>, Vec<NewItem>) =
            items.into_iter().partition(|item| !policy.enable || item.kind == ObjectKind::Registry);
        if !staged.is_empty() {
            let seed = self.head.revision.next().0;
            let first = step::first_members(&mut self.tx, &policy, &staged, seed).await?;
            let now = store::clock::now(&mut self.tx).await?;
            rollout::start(&mut self.tx, actor, &staged, &policy, &first, now).await?;
        }
        if !at_once.is_empty() {
            change::commit(&mut self.tx, LogId::Federation, actor, &at_once).await?;
        }
        Ok(())
    }
}

/// All objects of a kind by name.
pub(super) async fn list<T: FederatedObject>(conn: &mut PgConnection) -> Result<Vec<T>> {
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
