//! What a member is shown of the federation log: the objects whose selectors its
//! labels meet, with what rollouts under way have made of them for it.

use std::collections::BTreeMap;

use palisade_api::kind::LogId;
use palisade_api::{ClusterId, ObjectKind, Revision};
use palisade_policy::cluster::ClusterLabels;
use palisade_sync::view::{self, Seen, Sight, Transition, Version};
use palisade_sync::{Hidden, Item, SetDigest};
use sqlx::{PgConnection, PgTransaction};

use super::change::{self, Appended, Head};
use super::object::{self, AnyObject, Object};
use super::rollout::{self, Candidate};
use super::{Actor, Result, member};

/// An object by kind and name.
type Key = (ObjectKind, String);

/// What a member is shown.
#[derive(Clone, Debug)]
pub struct View {
    labels: ClusterLabels,
    candidates: BTreeMap<Key, Candidate>,
}

impl View {
    /// The view of a member as it is now. Who is no member sees what is for a
    /// cluster without labels.
    pub async fn of(conn: &mut PgConnection, cluster: ClusterId) -> Result<Self> {
        let member = member::get(conn, cluster).await?;
        let candidates = rollout::candidates_of(conn, cluster).await?;
        Ok(Self {
            labels: member.map(|member| member.labels).unwrap_or_default(),
            candidates: candidates
                .into_iter()
                .map(|candidate| ((candidate.kind, candidate.name.clone()), candidate))
                .collect(),
        })
    }

    /// What of an object is in it, which the log has as `current`.
    pub fn sees(&self, kind: ObjectKind, name: &str, current: Option<&Object>) -> Option<Version> {
        match self.candidates.get(&(kind, name.to_owned())) {
            Some(candidate) => {
                candidate.version.clone().filter(|_| candidate.selector.matches(&self.labels))
            }
            None => {
                current.filter(|object| object.selector.matches(&self.labels)).map(Object::version)
            }
        }
    }

    /// An object of the log as it is in the view, where it is.
    pub fn item(&self, object: AnyObject) -> Option<Item> {
        let AnyObject { kind, name, revision, payload, selector } = object;
        // Of a kind that this version does not know, no rollout is under way.
        let known = ObjectKind::from_number(kind).map(|kind| (kind, name.clone()));
        let version = match known.and_then(|key| self.candidates.get(&key)) {
            Some(candidate) => {
                candidate.version.clone().filter(|_| candidate.selector.matches(&self.labels))
            }
            None => selector.matches(&self.labels).then_some(Version { revision, payload }),
        }?;
        Some(Item { kind, name, revision: version.revision, payload: Some(version.payload) })
    }

    /// What is in the view and not in the log.
    pub async fn beside(&self, conn: &mut PgConnection) -> Result<Vec<Item>> {
        let keys = self.candidates.keys().map(|(kind, name)| (*kind, name.as_str()));
        let present = object::of(conn, keys).await?;
        let is_there = |key: &Key| present.iter().any(|o| o.kind == key.0 && o.name == key.1);
        let new = self.candidates.keys().filter(|key| !is_there(key));
        let new =
            new.filter_map(|(kind, name)| Some(item(*kind, name, self.sees(*kind, name, None)?)));
        Ok(new.collect())
    }

    /// The digest of what the log has, at `head`, less what the view has.
    pub async fn hidden(&self, conn: &mut PgConnection, log: LogId, head: &Head) -> Result<Hidden> {
        let mut digest = SetDigest::EMPTY;
        if head.targeted > Revision::ZERO {
            for (key, current) in self.concerned(conn, log).await? {
                let add = |version: Option<Version>| {
                    version.map_or(SetDigest::EMPTY, |Version { revision, payload }| {
                        SetDigest::of_object(key.0.number(), &key.1, revision, &payload)
                    })
                };
                let seen = self.sees(key.0, &key.1, current.as_ref());
                digest = digest.plus(add(current.map(|o| o.version()))).less(add(seen));
            }
        }
        Ok(Hidden { since: head.targeted, digest })
    }

    /// The objects of which the view may have something else than the log.
    async fn concerned(
        &self,
        conn: &mut PgConnection,
        log: LogId,
    ) -> Result<BTreeMap<Key, Option<Object>>> {
        let mut objects: BTreeMap<Key, Option<Object>> =
            self.candidates.keys().map(|key| (key.clone(), None)).collect();
        let keys = self.candidates.keys().map(|(kind, name)| (*kind, name.as_str()));
        let held = object::of(conn, keys).await?;
        for object in object::targeted(conn, log).await?.into_iter().chain(held) {
            objects.insert((object.kind, object.name.clone()), Some(object));
        }
        Ok(objects)
    }
}

fn item(kind: ObjectKind, name: &str, version: Version) -> Item {
    Item {
        kind: kind.number(),
        name: name.to_owned(),
        revision: version.revision,
        payload: Some(version.payload),
    }
}

/// Gives a member other labels, and makes a change of what it sees by them and
/// did not see before, or the reverse. Nobody else hears of it.
pub async fn relabel(
    tx: &mut PgTransaction<'_>,
    actor: &Actor,
    cluster: ClusterId,
    labels: &ClusterLabels,
) -> Result<()> {
    let log = LogId::Federation;
    let head = change::lock(tx, log).await?;
    let before = View::of(tx, cluster).await?;
    let after = View { labels: labels.clone(), candidates: before.candidates.clone() };
    let mut transitions = Vec::new();
    for ((kind, name), current) in before.concerned(tx, log).await? {
        let saw = before.sees(kind, &name, current.as_ref());
        let sees = after.sees(kind, &name, current.as_ref());
        if saw == sees {
            continue;
        }
        let unchanged = current.as_ref().map(Object::version);
        transitions.push(Transition {
            kind: kind.number(),
            name,
            before: unchanged.clone(),
            after: unchanged,
            seen: Seen::By(vec![Sight { members: [cluster].into(), before: saw, after: sees }]),
        });
    }
    member::set_labels(tx, cluster, labels).await?;
    if !transitions.is_empty() {
        let (items, parts) = view::divide(head.revision.next(), transitions);
        let appended = Appended { items, parts, digest: SetDigest::from(head.digest) };
        change::append(tx, log, head, actor, appended).await?;
    }
    Ok(())
}
