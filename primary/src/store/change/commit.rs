//! Writing a change: the only way in which objects are written.

use std::collections::{BTreeSet, HashMap};

use palisade_api::kind::LogId;
use palisade_api::sync::{Batch, Item};
use palisade_api::{ClusterId, Digest, ObjectKind, Revision};
use palisade_policy::cluster::{ClusterLabels, ClusterSelector};
use palisade_sync::frame::MAX_ITEM_BYTES;
use palisade_sync::view::{self, Seen, Sight, Transition, Version};
use palisade_sync::{Part, SetDigest};
use prost::Message as _;
use sqlx::PgTransaction;

use super::super::object::{self, Object};
use super::super::{Actor, Result, StoreError, member};
use super::write::Writing;
use super::{CHANNEL, Head, ITEM_OVERHEAD, NewItem, Op, Target, column_of, lock, log_column};

/// Makes one change of all `items` and returns its revision. Nothing is
/// visible to others, and nobody is notified, before the caller commits.
pub async fn commit(
    tx: &mut PgTransaction<'_>,
    log: LogId,
    actor: &Actor,
    items: &[NewItem],
) -> Result<Revision> {
    check(log, items)?;
    let head = lock(tx, log).await?;
    let revision = head.revision.next();
    let before = object::of(tx, items.iter().map(|item| (item.kind, item.name.as_str()))).await?;
    let before: HashMap<(ObjectKind, &str), &Object> =
        before.iter().map(|object| ((object.kind, object.name.as_str()), object)).collect();

    let mut digest = SetDigest::from(head.digest);
    let mut writing = Writing::default();
    let mut audience = Members::default();
    let mut transitions = Vec::with_capacity(items.len());
    for item in items {
        let (kind, name) = (item.kind, item.name.as_str());
        let old = before.get(&(kind, name)).copied();
        let missing = || StoreError::ObjectMissing { kind, name: name.to_owned() };
        let was = old.map(Object::version);
        let now = match &item.op {
            Op::Put(payload) => Some(Version { revision, payload: payload.clone() }),
            Op::Keep => Some(was.clone().ok_or_else(missing)?),
            Op::Delete if old.is_none() => return Err(missing()),
            Op::Delete => None,
        };
        let old_selector = old.map(|old| old.selector.clone()).unwrap_or_default();
        let selector = match &item.target {
            Target::Keep => old_selector.clone(),
            Target::Set(selector) => selector.clone(),
        };
        for (version, sign) in [(&was, false), (&now, true)] {
            let Some(Version { revision, payload }) = version else { continue };
            if sign {
                digest.add(kind.number(), name, *revision, payload);
            } else {
                digest.remove(kind.number(), name, *revision, payload);
            }
        }
        match &now {
            Some(version) => writing.put(kind, name, version, &selector)?,
            None => writing.delete(kind, name),
        }
        if log == LogId::Federation {
            let shown = |version: &Option<Version>, selector| {
                version.as_ref().map(|version| shown(&version.payload, selector)).transpose()
            };
            writing.audit(kind, name, shown(&was, &old_selector)?, shown(&now, &selector)?);
        }
        let seen = if old_selector.is_everything() && selector.is_everything() {
            Seen::ByAll
        } else {
            let members = audience.get(tx).await?;
            Seen::By(sights(members, (&was, &old_selector), (&now, &selector)))
        };
        transitions.push(Transition {
            kind: kind.number(),
            name: name.to_owned(),
            before: was,
            after: now,
            seen,
        });
    }
    writing.write(tx, log, revision, actor).await?;
    let (items, parts) = view::divide(revision, transitions);
    append(tx, log, head, actor, Appended { items, parts, digest }).await
}

/// What is appended to a log.
#[derive(Debug)]
pub(in crate::store) struct Appended {
    /// What everybody is sent.
    pub(in crate::store) items: Vec<palisade_sync::Item>,
    /// What only some are sent.
    pub(in crate::store) parts: Vec<Part>,
    /// The digest of the set of live objects afterwards.
    pub(in crate::store) digest: SetDigest,
}

/// Appends a change behind `head`, which is locked.
pub(in crate::store) async fn append(
    tx: &mut PgTransaction<'_>,
    log: LogId,
    head: Head,
    actor: &Actor,
    appended: Appended,
) -> Result<Revision> {
    let Appended { items, parts, digest } = appended;
    let revision = head.revision.next();
    let batch = Batch {
        log: log.number(),
        base: head.revision.0,
        revision: revision.0,
        items: items.into_iter().map(Item::from).collect(),
        partial: false,
    };
    let digest = Digest::from(digest);
    let targeted = !parts.is_empty();
    sqlx::query!(
        "INSERT INTO change (log, revision, actor, batch, digest, parts)
         VALUES ($1, $2, $3, $4, $5, $6)",
        log_column(log),
        column_of(revision),
        actor.name,
        batch.encode_to_vec(),
        digest.as_bytes(),
        targeted.then(|| Part::encode(parts).encode_to_vec()),
    )
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "UPDATE log SET revision = $2, digest = $3,
                        targeted = CASE WHEN $4 THEN $2 ELSE targeted END
         WHERE id = $1 AND revision + 1 = $2",
        log_column(log),
        column_of(revision),
        digest.as_bytes(),
        targeted,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() != 1 {
        return Err(StoreError::inconsistent("log", "the counter moved under its lock"));
    }
    sqlx::query!(
        r#"SELECT pg_notify($1, $2) AS "notified: ()""#,
        CHANNEL,
        format!("{}:{revision}", log.number()),
    )
    .execute(&mut **tx)
    .await?;
    Ok(revision)
}

/// The members with their labels, read when somebody asks: most changes are for
/// all.
#[derive(Default)]
struct Members(Option<Vec<(ClusterId, ClusterLabels)>>);

impl Members {
    async fn get(&mut self, tx: &mut PgTransaction<'_>) -> Result<&[(ClusterId, ClusterLabels)]> {
        if self.0.is_none() {
            self.0 = Some(member::labels(tx).await?);
        }
        Ok(self.0.as_deref().unwrap_or_default())
    }
}

/// Who saw an object as it was, and who sees it as it is.
fn sights(
    members: &[(ClusterId, ClusterLabels)],
    (was, old_selector): (&Option<Version>, &ClusterSelector),
    (now, selector): (&Option<Version>, &ClusterSelector),
) -> Vec<Sight> {
    let mut groups: [BTreeSet<ClusterId>; 3] = Default::default();
    for (member, labels) in members {
        let saw = was.is_some() && old_selector.matches(labels);
        let sees = now.is_some() && selector.matches(labels);
        let group = match (saw, sees) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => continue,
        };
        groups[group].insert(*member);
    }
    let [both, lost, gained] = groups;
    vec![
        Sight { members: both, before: was.clone(), after: now.clone() },
        Sight { members: lost, before: was.clone(), after: None },
        Sight { members: gained, before: None, after: now.clone() },
    ]
}

/// The object as audit records show it: with what it is for.
pub(in crate::store) fn shown(payload: &[u8], selector: &ClusterSelector) -> Result<Vec<u8>> {
    if selector.is_everything() {
        return Ok(payload.to_vec());
    }
    let wrong = |error| StoreError::inconsistent("object", error);
    let mut shown: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(payload).map_err(wrong)?;
    shown.insert(object::SELECTOR_KEY.to_owned(), serde_json::to_value(selector).map_err(wrong)?);
    serde_json::to_vec(&shown).map_err(wrong)
}

fn check(log: LogId, items: &[NewItem]) -> Result<()> {
    let malformed = |text: String| Err(StoreError::MalformedChange(text));
    if items.is_empty() {
        return malformed("it has no items".to_owned());
    }
    let mut seen = std::collections::HashSet::with_capacity(items.len());
    for item in items {
        let what = item.kind.as_str();
        if item.kind.log() != log {
            return malformed(format!("the {what} {} is of another log", item.name));
        }
        if item.name.is_empty() || item.name.contains('\0') {
            return malformed(format!("{:?} cannot be the name of a {what}", item.name));
        }
        let payload = if let Op::Put(payload) = &item.op { payload.len() } else { 0 };
        if payload + item.name.len() + ITEM_OVERHEAD > MAX_ITEM_BYTES {
            return malformed(format!("the {what} {} is larger than can be sent", item.name));
        }
        if !seen.insert((item.kind, item.name.as_str())) {
            return malformed(format!("the {what} {} is in it twice", item.name));
        }
    }
    Ok(())
}
