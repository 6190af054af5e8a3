//! When a rollout goes on, and when it halts. Any replica takes the next step;
//! each is one transaction under the log's lock, so none is lost or taken twice.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::ClusterId;
use palisade_api::kind::LogId;
use palisade_api::rest::rollout::RolloutPolicy;
use palisade_api::sync::ObjectError;
use sqlx::PgTransaction;

use super::pick;
use crate::store::change::NewItem;
use crate::store::member_seen::{self, Progress};
use crate::store::rollout::{self, Candidate, Halt, Reached, Rollout, State};
use crate::store::{Database, StoreError, change, clock};

/// A member that was not heard of for so long is not waited for.
const AWAY: TimeDelta = TimeDelta::seconds(30);

/// What is known of a rollout.
pub(super) struct Facts<'a> {
    pub(super) rollout: &'a Rollout,
    pub(super) candidates: &'a [Candidate],
    pub(super) reached: &'a [Reached],
    pub(super) progress: &'a BTreeMap<ClusterId, Progress>,
    pub(super) denials: u64,
    pub(super) denials_before: u64,
    /// By the clock of the database, which all replicas share: how long a stage lasts
    /// does not depend on who looks.
    pub(super) now: DateTime<Utc>,
    /// By the clock of this replica, as members are heard of.
    pub(super) here: DateTime<Utc>,
}

/// What to do with a rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Wait.
    Wait,
    /// Reach those of the next stage, or everybody.
    Proceed,
    /// Stop, for this reason.
    Halt(Halt),
}

/// Judges a rollout that goes on by itself.
pub(super) fn judge(facts: &Facts<'_>) -> Verdict {
    let policy = &facts.rollout.policy;
    let errors = facts.reached.iter().filter_map(|reached| {
        let progress = facts.progress.get(&reached.member)?;
        progress.errors.iter().find(|error| concerns(error, facts))
    });
    let errors: Vec<&ObjectError> = errors.collect();
    if errors.len() > policy.most_errors as usize
        && let Some(first) = errors.first()
    {
        return Verdict::Halt(Halt::errors(errors.len(), &first.text));
    }
    let is_member = |reached: &Reached| facts.progress.contains_key(&reached.member);
    if !facts.reached.is_empty() && !facts.reached.iter().any(is_member) {
        return Verdict::Halt(Halt::NoMembers);
    }
    if let Some(most) = policy.most_new_denials
        && facts.denials > facts.denials_before.saturating_add(most)
    {
        let (since, before) = (facts.denials, facts.denials_before);
        return Verdict::Halt(Halt::Denials { since, before });
    }
    let present = |reached: &&Reached| {
        let progress = facts.progress.get(&reached.member);
        progress.and_then(|p| p.seen_at).is_some_and(|seen| facts.here - seen < AWAY)
    };
    let applied = |reached: &Reached| {
        let progress = facts.progress.get(&reached.member);
        progress.is_some_and(|progress| progress.revision >= reached.revision)
    };
    let waited_for: Vec<&Reached> = facts.reached.iter().filter(present).collect();
    // A canary that nobody heard of proves nothing.
    if (waited_for.is_empty() && !facts.reached.is_empty())
        || !waited_for.iter().all(|reached| applied(reached))
    {
        return Verdict::Wait;
    }
    let stage = policy.stages.get(facts.rollout.stage as usize);
    let wait = stage.map_or(0, |stage| i64::from(stage.wait_seconds));
    if facts.now - facts.rollout.stage_at < TimeDelta::seconds(wait) {
        return Verdict::Wait;
    }
    Verdict::Proceed
}

fn concerns(error: &ObjectError, facts: &Facts<'_>) -> bool {
    error.revision == facts.rollout.revision.0
        && facts.candidates.iter().any(|c| c.kind.number() == error.kind && c.name == error.name)
}

/// Takes the next step of every rollout that is due. Returns how many moved.
pub async fn advance(database: &Database, here: DateTime<Utc>) -> Result<usize, StoreError> {
    if !rollout::any_running(&mut *database.acquire().await?).await? {
        return Ok(0);
    }
    let mut tx = database.begin().await?;
    change::lock(&mut tx, LogId::Federation).await?;
    let mut moved = 0;
    for found in rollout::active(&mut tx).await? {
        if found.state == State::Running && step(&mut tx, &found, here).await? {
            moved += 1;
        }
    }
    tx.commit().await?;
    Ok(moved)
}

async fn step(
    tx: &mut PgTransaction<'_>,
    rollout: &Rollout,
    here: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let now = clock::now(tx).await?;
    let candidates = rollout::candidates(tx, rollout).await?;
    let reached = rollout::reached(tx, rollout.id).await?;
    let members: Vec<ClusterId> = reached.iter().map(|reached| reached.member).collect();
    let progress = member_seen::progress(tx).await?;
    let (mut denials, mut denials_before) = (0, 0);
    if rollout.policy.most_new_denials.is_some() {
        let watched = now - rollout.stage_at;
        let began = rollout.stage_at;
        denials = rollout::denials(tx, &members, began, now).await?;
        denials_before = rollout::denials(tx, &members, began - watched, began).await?;
    }
    let facts = Facts {
        rollout,
        candidates: &candidates,
        reached: &reached,
        progress: &progress,
        denials,
        denials_before,
        now,
        here,
    };
    match judge(&facts) {
        Verdict::Wait => Ok(false),
        Verdict::Halt(halt) => {
            tracing::warn!(rollout = rollout.id, reason = %halt, "a rollout is halted");
            rollout::set_state(tx, rollout.id, State::Halted, Some(&halt), now).await?;
            Ok(true)
        }
        Verdict::Proceed => {
            proceed(tx, rollout, &members, now).await?;
            Ok(true)
        }
    }
}

async fn proceed(
    tx: &mut PgTransaction<'_>,
    rollout: &Rollout,
    reached: &[ClusterId],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let stage = rollout.policy.stages.get(rollout.stage as usize + 1);
    let Some(stage) = stage else { return rollout::complete(tx, rollout, now).await };
    let everybody = rollout::concerned_by(tx, rollout).await?;
    let reached: BTreeSet<ClusterId> = reached.iter().copied().collect();
    let next = pick::next(stage, &everybody, &reached, rollout.revision.0)
        .map_err(|error| StoreError::inconsistent("rollout", error))?;
    rollout::reach(tx, rollout, &next, now).await
}

/// The members of a rollout that is about to begin.
pub async fn first_members(
    tx: &mut PgTransaction<'_>,
    policy: &RolloutPolicy,
    items: &[NewItem],
    seed: u64,
) -> Result<Vec<pick::Member>, StoreError> {
    let everybody = rollout::concerned_by_items(tx, items).await?;
    let Some(stage) = policy.stages.first() else { return Ok(everybody) };
    pick::next(stage, &everybody, &BTreeSet::new(), seed)
        .map_err(|error| StoreError::inconsistent("rollout", error))
}

#[cfg(test)]
mod tests {
    use palisade_api::rest::rollout::RolloutStage;
    use palisade_api::{ObjectKind, Revision};
    use uuid::Uuid;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    const HERE: DateTime<Utc> = DateTime::from_timestamp(1_900_000_000, 0).unwrap();

    fn member(n: u128) -> ClusterId {
        ClusterId::from_uuid(Uuid::from_u128(n))
    }

    fn judged(change: impl Fn(&mut Rollout, &mut BTreeMap<ClusterId, Progress>)) -> Verdict {
        let stage = RolloutStage { cluster_selector: None, percent: 10, wait_seconds: 60 };
        let mut rollout = Rollout {
            id: 1,
            revision: Revision(7),
            state: State::Running,
            reason: String::new(),
            halt: None,
            policy: RolloutPolicy {
                enable: true,
                stages: vec![stage],
                most_errors: 1,
                most_new_denials: Some(5),
            },
            stage: 0,
            stage_at: NOW - TimeDelta::seconds(90),
            actor: String::new(),
            created_at: NOW,
            finished_at: None,
        };
        let progress = |revision| Progress {
            revision: Revision(revision),
            revision_at: Some(HERE),
            seen_at: Some(HERE),
            errors: Vec::new(),
        };
        let mut members: BTreeMap<ClusterId, Progress> =
            (1..=3).map(|n| (member(n), progress(7))).collect();
        change(&mut rollout, &mut members);
        let candidates = [Candidate {
            kind: ObjectKind::Group,
            name: "fed.a".to_owned(),
            selector: palisade_policy::cluster::ClusterSelector::everything(),
            version: None,
        }];
        let reached: Vec<Reached> =
            (1..=3).map(|n| Reached { member: member(n), revision: Revision(7) }).collect();
        judge(&Facts {
            rollout: &rollout,
            candidates: &candidates,
            reached: &reached,
            progress: &members,
            denials: 10,
            denials_before: 5,
            now: NOW,
            // Its clock is not that of the database.
            here: HERE,
        })
    }

    fn error(revision: u64) -> ObjectError {
        ObjectError {
            kind: ObjectKind::Group.number(),
            name: "fed.a".to_owned(),
            revision,
            code: 1,
            text: "no".to_owned(),
            field: String::new(),
        }
    }

    #[test]
    fn it_goes_on_when_all_that_are_there_have_applied_it_and_time_has_passed() {
        assert_eq!(judged(|_, _| {}), Verdict::Proceed);
        assert_eq!(judged(|rollout, _| rollout.stage_at = NOW), Verdict::Wait);
        let behind = |_: &mut Rollout, members: &mut BTreeMap<ClusterId, Progress>| {
            members.get_mut(&member(1)).unwrap().revision = Revision(6);
        };
        assert_eq!(judged(behind), Verdict::Wait);
        let gone = |rollout: &mut Rollout, members: &mut BTreeMap<ClusterId, Progress>| {
            behind(rollout, members);
            members.get_mut(&member(1)).unwrap().seen_at = Some(HERE - AWAY);
        };
        assert_eq!(judged(gone), Verdict::Proceed);
        let all_gone = |_: &mut Rollout, members: &mut BTreeMap<ClusterId, Progress>| {
            for progress in members.values_mut() {
                progress.seen_at = None;
            }
        };
        assert_eq!(judged(all_gone), Verdict::Wait);
        let one_left = |_: &mut Rollout, members: &mut BTreeMap<ClusterId, Progress>| {
            members.remove(&member(1));
        };
        assert_eq!(judged(one_left), Verdict::Proceed);
        let all_left = |_: &mut Rollout, members: &mut BTreeMap<ClusterId, Progress>| {
            members.clear();
        };
        assert!(matches!(judged(all_left), Verdict::Halt(_)));
    }

    #[test]
    fn it_halts_above_its_limits() {
        let errors = |count: u128, revision| {
            move |_: &mut Rollout, members: &mut BTreeMap<ClusterId, Progress>| {
                for n in 1..=count {
                    members.get_mut(&member(n)).unwrap().errors = vec![error(revision)];
                }
            }
        };
        assert_eq!(judged(errors(1, 7)), Verdict::Proceed);
        assert!(matches!(judged(errors(2, 7)), Verdict::Halt(_)));
        // Errors of another revision are not its fault.
        assert_eq!(judged(errors(3, 6)), Verdict::Proceed);
        let denied = |rollout: &mut Rollout, _: &mut BTreeMap<ClusterId, Progress>| {
            rollout.policy.most_new_denials = Some(4);
        };
        assert!(matches!(judged(denied), Verdict::Halt(_)));
    }
}
