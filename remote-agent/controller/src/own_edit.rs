//! Changes of what this cluster has of its own.

use std::collections::BTreeMap;

use palisade_api::rest::cluster_selector::ClusterSelector;
use palisade_api::{ObjectKind, Revision};
use palisade_policy::crd::YamlError;
use palisade_policy::edit::{Edit, EditError};
use palisade_policy::group::Group;
use palisade_policy::network_rule::NetworkRule;
use palisade_policy::response_rule::ResponseRule;
use palisade_policy::rule_id::IdPool;
use palisade_policy::sensor::{Dlp, Inspection as _, Waf};
use palisade_policy::{CfgType, FederatedObject, PolicyError};
use thiserror::Error;
use tokio::sync::OwnedMutexGuard;

use crate::Controller;
use crate::reach::{Reach, Within};
use crate::store::{LOCAL, ObjectWrite, StoreError, StoredObject};

/// An object by kind and name, and what it becomes; none where it goes away.
pub(crate) type OwnChange = ((ObjectKind, String), Option<Vec<u8>>);

/// Why a change of this cluster's own objects fails.
#[derive(Debug, Error)]
pub(crate) enum OwnEditError {
    /// The object itself is wrong.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// It does not fit what is there.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It touches what the caller does not reach.
    #[error(
        "the role reaches some namespaces, and the change something beside them: groups name \
         theirs by criteria on domain with =, and rules name such groups at all ends"
    )]
    OutOfReach,
    /// An object cannot be written or read as JSON.
    #[error("an object of this cluster cannot be encoded: {0}")]
    Encoding(#[from] serde_json::Error),
}

type Result<T, E = OwnEditError> = std::result::Result<T, E>;

/// A change that is under way. Nobody else changes anything meanwhile.
pub(crate) struct OwnEdit {
    controller: Controller,
    reach: Reach,
    turn: OwnedMutexGuard<()>,
    changes: BTreeMap<(ObjectKind, String), Option<Vec<u8>>>,
    highest_ids: BTreeMap<ObjectKind, u32>,
}

impl Controller {
    /// Begins a change of this cluster's own objects by a call that reaches so far.
    pub(crate) async fn edit(&self, reach: Reach) -> OwnEdit {
        OwnEdit {
            controller: self.clone(),
            reach,
            turn: self.in_force().own_turn.clone().lock_owned().await,
            changes: BTreeMap::new(),
            highest_ids: BTreeMap::new(),
        }
    }
}

impl OwnEdit {
    /// Stores what was put and deleted, all or nothing, and puts it in force: to
    /// the end, even when whoever asked for it is gone.
    pub(crate) async fn commit(self) -> Result<()> {
        if self.changes.is_empty() {
            return Ok(());
        }
        if let Reach::Namespaces(within) = &self.reach {
            self.require_within(within).await?;
        }
        let Self { controller, turn, changes, highest_ids, .. } = self;
        let task = tokio::spawn(async move {
            let writes = changes
                .iter()
                .map(|((kind, name), payload)| write(*kind, name, payload.as_deref()));
            let ids = highest_ids.into_iter().map(|(kind, id)| (kind.number(), id));
            controller.store().own_objects_write(writes.collect(), ids.collect()).await?;
            controller.in_force().own_change(changes);
            drop(turn);
            Ok(())
        });
        task.await.map_err(|_| StoreError::Interrupted)?
    }

    /// Makes the objects those that are `wanted`. What comes with the product is as it
    /// began where nobody wants it otherwise.
    pub(crate) async fn replace(&mut self, wanted: Vec<OwnChange>) -> Result<()> {
        let as_it_began: BTreeMap<_, _> = built_in()?.into_iter().collect();
        self.changes.clear();
        for object in self.controller.store().objects_all(LOCAL).await? {
            // What a newer version knows stays.
            let Some(kind) = ObjectKind::from_number(object.kind) else { continue };
            let key = (kind, object.name);
            let payload = as_it_began.get(&key).cloned().flatten();
            self.changes.insert(key, payload);
        }
        self.changes.extend(wanted);
        Ok(())
    }

    async fn payload(&self, kind: ObjectKind, name: &str) -> Result<Option<Vec<u8>>> {
        match self.changes.get(&(kind, name.to_owned())) {
            Some(change) => Ok(change.clone()),
            None => self.before(kind, name).await,
        }
    }

    /// What an object was before the change; none where there was none.
    async fn before(&self, kind: ObjectKind, name: &str) -> Result<Option<Vec<u8>>> {
        let key = (kind, name.to_owned());
        let stored = self.controller.store().object(LOCAL, kind.number(), name).await?;
        Ok(match stored {
            Some(object) => Some(object.payload),
            None => built_in()?.into_iter().find_map(|(other, made)| made.filter(|_| other == key)),
        })
    }
}

impl OwnEdit {
    /// Fails where one of the objects is not within, before the change or after it.
    async fn require_within(&self, within: &Within) -> Result<()> {
        for ((kind, name), after) in &self.changes {
            let before = self.before(*kind, name).await?;
            let is_within = match kind {
                ObjectKind::Group
                | ObjectKind::ProcessProfile
                | ObjectKind::FileMonitor
                | ObjectKind::DlpGroup
                | ObjectKind::WafGroup => self.are_within(within, &[name.as_str()]).await?,
                ObjectKind::NetworkRule => {
                    let rules: Vec<NetworkRule> = versions(before.as_ref(), after.as_ref())?;
                    let ends = rules.iter().flat_map(|one| [one.from.as_str(), one.to.as_str()]);
                    let ends: Vec<&str> = ends.collect();
                    let placed = |rule: &NetworkRule| NetworkRule { position: 0, ..rule.clone() };
                    is_moved(&rules, placed) || self.are_within(within, &ends).await?
                }
                ObjectKind::ResponseRule => {
                    let rules: Vec<ResponseRule> = versions(before.as_ref(), after.as_ref())?;
                    let groups: Vec<&str> = rules.iter().map(|one| one.group.as_str()).collect();
                    let placed = |rule: &ResponseRule| ResponseRule { position: 0, ..rule.clone() };
                    is_moved(&rules, placed) || self.are_within(within, &groups).await?
                }
                _ => false,
            };
            if !is_within {
                return Err(OwnEditError::OutOfReach);
            }
        }
        Ok(())
    }

    /// Whether groups are within, before the change and after it.
    async fn are_within(&self, within: &Within, names: &[&str]) -> Result<bool> {
        for name in names {
            let before = self.before(ObjectKind::Group, name).await?;
            let after = self.payload(ObjectKind::Group, name).await?;
            let groups: Vec<Group> = versions(before.as_ref(), after.as_ref())?;
            if groups.is_empty() || !groups.iter().all(|group| within.has_group(group)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What an object was, where it was there, and what it becomes, where it stays.
fn versions<T: FederatedObject>(
    before: Option<&Vec<u8>>,
    after: Option<&Vec<u8>>,
) -> Result<Vec<T>, serde_json::Error> {
    let payloads = [before, after].into_iter().flatten();
    payloads.map(|payload| serde_json::from_slice(payload)).collect()
}

/// Whether of an object nothing but its place changes, which `placed` leaves out: room
/// for a rule is made by moving others.
fn is_moved<T: PartialEq>(versions: &[T], placed: impl Fn(&T) -> T) -> bool {
    matches!(versions, [before, after] if placed(before) == placed(after))
}

fn write(kind: ObjectKind, name: &str, payload: Option<&[u8]>) -> ObjectWrite {
    let (kind, name) = (kind.number(), name.to_owned());
    match payload.map(<[u8]>::to_vec) {
        Some(payload) => {
            ObjectWrite::Put(StoredObject { kind, name, revision: Revision::ZERO, payload })
        }
        None => ObjectWrite::Delete { kind, name },
    }
}

impl Edit for OwnEdit {
    type Error = OwnEditError;

    fn cfg_type(&self) -> CfgType {
        CfgType::UserCreated
    }

    async fn find<T: FederatedObject>(&mut self, name: &str) -> Result<Option<T>> {
        let payload = self.payload(T::KIND, name).await?;
        Ok(payload.map(|payload| serde_json::from_slice(&payload)).transpose()?)
    }

    async fn list<T: FederatedObject>(&mut self) -> Result<Vec<T>> {
        let stored = self.controller.store().objects(LOCAL, T::KIND.number()).await?;
        let stored =
            stored.into_iter().map(|object| ((T::KIND, object.name), Some(object.payload)));
        // Later ones over earlier ones of the same name.
        let all = built_in()?.into_iter().chain(stored).chain(self.changes.clone());
        let objects: BTreeMap<String, Option<Vec<u8>>> = all
            .filter(|((kind, _), _)| *kind == T::KIND)
            .map(|((_, name), payload)| (name, payload))
            .collect();
        let payloads = objects.into_values().flatten();
        payloads.map(|payload| Ok(serde_json::from_slice(&payload)?)).collect()
    }

    async fn highest_id(&mut self, kind: ObjectKind) -> Result<u32> {
        Ok(self.controller.store().own_highest_id(kind.number()).await?)
    }

    fn given(&mut self, kind: ObjectKind, ids: &IdPool) {
        self.highest_ids.insert(kind, ids.highest());
    }

    fn put<T: FederatedObject>(&mut self, object: &T) -> Result<()> {
        let payload = serde_json::to_vec(object)?;
        self.changes.insert((T::KIND, object.object_name().into_owned()), Some(payload));
        Ok(())
    }

    fn delete<T: FederatedObject>(&mut self, object: &T) {
        self.changes.insert((T::KIND, object.object_name().into_owned()), None);
    }

    fn target<T: FederatedObject>(&mut self, _: &T, wanted: Option<ClusterSelector>) -> Result<()> {
        if wanted.is_some_and(|wanted| wanted != ClusterSelector::default()) {
            let reason = "what a cluster has of its own is for itself".to_owned();
            return Err(PolicyError::InvalidField { field: "cluster_selector", reason }.into());
        }
        Ok(())
    }
}

/// The objects that every cluster has. They are not stored before they are changed.
pub(crate) fn built_in() -> Result<Vec<OwnChange>, serde_json::Error> {
    fn made<T: FederatedObject>(object: &T) -> Result<OwnChange, serde_json::Error> {
        let name = object.object_name().into_owned();
        Ok(((T::KIND, name), Some(serde_json::to_vec(object)?)))
    }
    let groups = Group::own_reserved();
    let (dlp, waf) = (Dlp::predefined(CfgType::UserCreated), Waf::predefined(CfgType::UserCreated));
    groups.iter().map(made).chain(dlp.iter().map(made)).chain(waf.iter().map(made)).collect()
}
