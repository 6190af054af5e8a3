//! The changes of a rollout. While it is under way the log has what it had; its
//! parts give those members that are reached something else.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use palisade_api::kind::LogId;
use palisade_api::rest::rollout::RolloutPolicy;
use palisade_api::{ClusterId, Revision};
use palisade_policy::cluster::ClusterLabels;
use palisade_sync::SetDigest;
use palisade_sync::view::{self, Seen, Sight, Transition, Version};
use sqlx::PgTransaction;
use sqlx::types::Json;

use super::super::change::{self, Appended, Head, NewItem, Op, Target, Writing, shown};
use super::super::object::{self, Object};
use super::super::{Actor, Result, StoreError, member};
use super::candidate::remember_candidates;
use super::member::remember_reached;
use super::{Candidate, Rollout, State};

const LOG: LogId = LogId::Federation;

/// Members with their labels.
type Members = [(ClusterId, ClusterLabels)];

/// Begins a rollout of `items` with the members `first`. The log stays as it is
/// but for the revision.
pub async fn start(
    tx: &mut PgTransaction<'_>,
    actor: &Actor,
    items: &[NewItem],
    policy: &RolloutPolicy,
    first: &Members,
    now: DateTime<Utc>,
) -> Result<Rollout> {
    let head = change::lock(tx, LOG).await?;
    let revision = head.revision.next();
    let objects = present(tx, items.iter().map(|item| (item.kind, item.name.as_str()))).await?;
    let mut writing = Writing::default();
    let mut pairs = Vec::with_capacity(items.len());
    for item in items {
        let old = objects.get(&(item.kind.number(), item.name.clone())).cloned();
        let candidate = candidate(item, old.as_ref(), revision)?;
        let before = old.as_ref().map(|old| shown(&old.payload, &old.selector)).transpose()?;
        let after = candidate.version.as_ref();
        let after = after.map(|v| shown(&v.payload, &candidate.selector)).transpose()?;
        writing.audit(item.kind, &item.name, before, after);
        pairs.push((old, candidate));
    }
    writing.write(tx, LOG, revision, actor).await?;
    let id = sqlx::query_scalar!(
        "INSERT INTO rollout (revision, state, policy, stage, stage_at, actor, created_at)
         VALUES ($1, 'running', $2, 0, $3, $4, $3) RETURNING id",
        change::column_of(revision),
        Json(policy) as _,
        now,
        actor.name,
    )
    .fetch_one(&mut **tx)
    .await?;
    remember_candidates(tx, id, pairs.iter().map(|(_, candidate)| candidate)).await?;
    append_moves(tx, head, actor, &pairs, first, Move::Forward).await?;
    remember_reached(tx, id, 0, revision, first.iter().map(|(member, _)| *member)).await?;
    Ok(Rollout {
        id,
        revision,
        state: State::Running,
        reason: String::new(),
        halt: None,
        policy: policy.clone(),
        stage: 0,
        stage_at: now,
        actor: actor.name.clone(),
        created_at: now,
        finished_at: None,
    })
}

/// Lets a rollout reach the members `next` by the stage after its present one.
pub async fn reach(
    tx: &mut PgTransaction<'_>,
    rollout: &Rollout,
    next: &Members,
    now: DateTime<Utc>,
) -> Result<()> {
    let head = change::lock(tx, LOG).await?;
    let pairs = pairs(tx, rollout).await?;
    let actor = Actor::system();
    let revision = append_moves(tx, head, &actor, &pairs, next, Move::Forward).await?;
    let stage = rollout.stage + 1;
    remember_reached(tx, rollout.id, stage, revision, next.iter().map(|(m, _)| *m)).await?;
    sqlx::query!(
        "UPDATE rollout SET stage = $2, stage_at = $3 WHERE id = $1",
        rollout.id,
        i32::try_from(stage).unwrap_or(i32::MAX),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends a rollout: what it changes becomes the log's own, and reaches the
/// others.
pub async fn complete(
    tx: &mut PgTransaction<'_>,
    rollout: &Rollout,
    now: DateTime<Utc>,
) -> Result<()> {
    let head = change::lock(tx, LOG).await?;
    let pairs = pairs(tx, rollout).await?;
    let everybody = member::labels(tx).await?;
    let reached: HashSet<ClusterId> =
        super::reached(tx, rollout.id).await?.into_iter().map(|reached| reached.member).collect();
    let mut digest = SetDigest::from(head.digest);
    let mut writing = Writing::default();
    let mut transitions = Vec::new();
    for (old, candidate) in &pairs {
        let (kind, name) = (candidate.kind, candidate.name.as_str());
        let was = old.as_ref().map(Object::version);
        if let Some(Version { revision, payload }) = &was {
            digest.remove(kind.number(), name, *revision, payload);
        }
        match &candidate.version {
            Some(version) => {
                digest.add(kind.number(), name, version.revision, &version.payload);
                writing.put(kind, name, version, &candidate.selector)?;
            }
            None if old.is_some() => writing.delete(kind, name),
            None => {}
        }
        let sights = sights(&everybody, |member, labels| {
            let (current, next) = versions(old.as_ref(), candidate, labels);
            let saw = if reached.contains(&member) { next.clone() } else { current };
            (saw, next)
        });
        transitions.push(Transition {
            kind: kind.number(),
            name: name.to_owned(),
            before: was,
            after: candidate.version.clone(),
            seen: Seen::By(sights),
        });
    }
    writing.write(tx, LOG, head.revision.next(), &Actor::system()).await?;
    let (items, parts) = view::divide(head.revision.next(), transitions);
    change::append(tx, LOG, head, &Actor::system(), Appended { items, parts, digest }).await?;
    super::set_state(tx, rollout.id, State::Completed, None, now).await
}

/// Takes a rollout back from those that it has reached.
pub async fn abort(
    tx: &mut PgTransaction<'_>,
    actor: &Actor,
    rollout: &Rollout,
    now: DateTime<Utc>,
) -> Result<()> {
    let head = change::lock(tx, LOG).await?;
    let pairs = pairs(tx, rollout).await?;
    let reached: HashSet<ClusterId> =
        super::reached(tx, rollout.id).await?.into_iter().map(|reached| reached.member).collect();
    let mut members = member::labels(tx).await?;
    members.retain(|(member, _)| reached.contains(member));
    let mut writing = Writing::default();
    for (old, candidate) in &pairs {
        let before = candidate.version.as_ref();
        let before = before.map(|v| shown(&v.payload, &candidate.selector)).transpose()?;
        let after = old.as_ref().map(|old| shown(&old.payload, &old.selector)).transpose()?;
        writing.audit(candidate.kind, &candidate.name, before, after);
    }
    writing.write(tx, LOG, head.revision.next(), actor).await?;
    append_moves(tx, head, actor, &pairs, &members, Move::Back).await?;
    // Why it had halted is worth knowing for the next one.
    super::set_state(tx, rollout.id, State::Aborted, rollout.halt.as_ref(), now).await
}

/// The members that see a change of `items`: only they can try it.
pub async fn concerned_by_items(
    tx: &mut PgTransaction<'_>,
    items: &[NewItem],
) -> Result<Vec<(ClusterId, ClusterLabels)>> {
    let objects = present(tx, items.iter().map(|item| (item.kind, item.name.as_str()))).await?;
    let mut pairs = Vec::with_capacity(items.len());
    for item in items {
        let old = objects.get(&(item.kind.number(), item.name.clone())).cloned();
        let candidate = candidate(item, old.as_ref(), Revision::ZERO)?;
        pairs.push((old, candidate));
    }
    concerned(tx, &pairs).await
}

/// The members that see the change of a rollout.
pub async fn concerned_by(
    tx: &mut PgTransaction<'_>,
    rollout: &Rollout,
) -> Result<Vec<(ClusterId, ClusterLabels)>> {
    let pairs = pairs(tx, rollout).await?;
    concerned(tx, &pairs).await
}

async fn concerned(
    tx: &mut PgTransaction<'_>,
    pairs: &Pairs,
) -> Result<Vec<(ClusterId, ClusterLabels)>> {
    // Who waits for his approval is sent nothing yet.
    let waiting = member::list(tx).await?.into_iter().filter(|member| member.pending);
    let waiting: HashSet<ClusterId> = waiting.map(|member| member.id).collect();
    let mut members = member::labels(tx).await?;
    members.retain(|(member, labels)| {
        !waiting.contains(member)
            && pairs.iter().any(|(old, candidate)| {
                let (current, next) = versions(old.as_ref(), candidate, labels);
                current.is_some() || next.is_some()
            })
    });
    Ok(members)
}

#[derive(Clone, Copy)]
enum Move {
    Forward,
    Back,
}

type Pairs = [(Option<Object>, Candidate)];

/// Appends a change that gives `members` what the rollout makes of its objects,
/// or takes it back from them.
async fn append_moves(
    tx: &mut PgTransaction<'_>,
    head: Head,
    actor: &Actor,
    pairs: &Pairs,
    members: &Members,
    direction: Move,
) -> Result<Revision> {
    let transitions = pairs.iter().map(|(old, candidate)| {
        let unchanged = old.as_ref().map(Object::version);
        let sights = sights(members, |_, labels| {
            let (current, next) = versions(old.as_ref(), candidate, labels);
            match direction {
                Move::Forward => (current, next),
                Move::Back => (next, current),
            }
        });
        Transition {
            kind: candidate.kind.number(),
            name: candidate.name.clone(),
            before: unchanged.clone(),
            after: unchanged,
            seen: Seen::By(sights),
        }
    });
    let (items, parts) = view::divide(head.revision.next(), transitions.collect());
    let appended = Appended { items, parts, digest: SetDigest::from(head.digest) };
    change::append(tx, LOG, head, actor, appended).await
}

/// What members with these labels see of an object as it is, and by the rollout.
fn versions(
    old: Option<&Object>,
    candidate: &Candidate,
    labels: &ClusterLabels,
) -> (Option<Version>, Option<Version>) {
    let current = old.filter(|old| old.selector.matches(labels)).map(Object::version);
    let next = candidate.version.clone().filter(|_| candidate.selector.matches(labels));
    (current, next)
}

/// Members that see the same, together.
fn sights(
    members: &Members,
    sees: impl Fn(ClusterId, &ClusterLabels) -> (Option<Version>, Option<Version>),
) -> Vec<Sight> {
    let mut sights: BTreeMap<(Option<Revision>, Option<Revision>), Sight> = BTreeMap::new();
    for (member, labels) in members {
        let (before, after) = sees(*member, labels);
        let key = (before.as_ref().map(|v| v.revision), after.as_ref().map(|v| v.revision));
        if key == (None, None) {
            continue;
        }
        let sight =
            sights.entry(key).or_insert_with(|| Sight { members: BTreeSet::new(), before, after });
        sight.members.insert(*member);
    }
    sights.into_values().collect()
}

fn candidate(item: &NewItem, old: Option<&Object>, revision: Revision) -> Result<Candidate> {
    let missing = || StoreError::ObjectMissing { kind: item.kind, name: item.name.clone() };
    let version = match &item.op {
        Op::Put(payload) => Some(Version { revision, payload: payload.clone() }),
        Op::Keep => Some(old.ok_or_else(missing)?.version()),
        Op::Delete if old.is_none() => return Err(missing()),
        Op::Delete => None,
    };
    // Its content has a new revision too, so that what is applied can be told.
    let version = version.map(|version| Version { revision, ..version });
    let selector = match &item.target {
        Target::Keep => old.map(|old| old.selector.clone()).unwrap_or_default(),
        Target::Set(selector) => selector.clone(),
    };
    Ok(Candidate { kind: item.kind, name: item.name.clone(), selector, version })
}

async fn present<'a>(
    tx: &mut PgTransaction<'_>,
    named: impl Iterator<Item = (palisade_api::ObjectKind, &'a str)>,
) -> Result<BTreeMap<(u32, String), Object>> {
    let objects = object::of(tx, named).await?;
    Ok(objects.into_iter().map(|o| ((o.kind.number(), o.name.clone()), o)).collect())
}

/// The objects of a rollout, as they are and as they become.
async fn pairs(
    tx: &mut PgTransaction<'_>,
    rollout: &Rollout,
) -> Result<Vec<(Option<Object>, Candidate)>> {
    let candidates = super::candidates(tx, rollout).await?;
    let mut objects = present(tx, candidates.iter().map(|c| (c.kind, c.name.as_str()))).await?;
    Ok(candidates
        .into_iter()
        .map(|candidate| {
            (objects.remove(&(candidate.kind.number(), candidate.name.clone())), candidate)
        })
        .collect())
}
