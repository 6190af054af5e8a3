//! Rollouts: changes that some members have and others do not have yet. Their
//! objects stand beside the log's own until the rollout ends. All that writes
//! here holds the lock of the federation log.

mod change;
mod halt;

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use palisade_api::rest::rollout::RolloutPolicy;
use palisade_api::{ClusterId, ObjectKind, Revision};
use palisade_policy::cluster::ClusterSelector;
use palisade_sync::view::Version;
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::change::{NewItem, Op, Target, column_of, revision_of};
use super::object::{kind_column, kind_of};
use super::{Result, StoreError};

pub use change::{abort, complete, concerned_by, concerned_by_items, reach, start};
pub use halt::Halt;

/// How a rollout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum State {
    /// It goes on by itself.
    Running,
    /// Somebody stopped it for a while.
    Paused,
    /// It stopped by itself: members report errors, or more is denied.
    Halted,
    /// Every member has it.
    Completed,
    /// No member has it any more.
    Aborted,
}

impl State {
    /// The name in the database and for clients.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Halted => "halted",
            Self::Completed => "completed",
            Self::Aborted => "aborted",
        }
    }

    /// Whether members may still be moved.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Halted)
    }
}

/// A rollout.
#[derive(Clone, Debug)]
pub struct Rollout {
    /// Its number.
    pub id: i64,
    /// The revision that its objects have.
    pub revision: Revision,
    /// How it stands.
    pub state: State,
    /// Why it is halted, for people; empty otherwise.
    pub reason: String,
    /// The same for programs; none where a version halted it that did not say.
    pub halt: Option<Halt>,
    /// Stages and limits.
    pub policy: RolloutPolicy,
    /// The stage that was reached last, from 0.
    pub stage: u32,
    /// When that was.
    pub stage_at: DateTime<Utc>,
    /// Who made the change.
    pub actor: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// What an object becomes by a rollout.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// The clusters that it is for.
    pub selector: ClusterSelector,
    /// Its content; none where it is deleted.
    pub version: Option<Version>,
}

/// A member that a rollout has reached.
#[derive(Clone, Copy, Debug)]
pub struct Reached {
    /// The member.
    pub member: ClusterId,
    /// The revision by which it was reached.
    pub revision: Revision,
}

struct Row {
    id: i64,
    revision: i64,
    state: State,
    reason: String,
    halt: Option<Value>,
    policy: Json<RolloutPolicy>,
    stage: i32,
    stage_at: DateTime<Utc>,
    actor: String,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Rollout {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            revision: revision_of(row.revision)?,
            state: row.state,
            reason: row.reason,
            // A later version may know more of them.
            halt: row.halt.and_then(|halt| serde_json::from_value(halt).ok()),
            policy: row.policy.0,
            stage: u32::try_from(row.stage).unwrap_or_default(),
            stage_at: row.stage_at,
            actor: row.actor,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    }
}

/// The rollouts that are under way, oldest first.
pub async fn active(conn: &mut PgConnection) -> Result<Vec<Rollout>> {
    sqlx::query_as!(
        Row,
        r#"SELECT id, revision, state AS "state: State", reason, halt,
                  policy AS "policy: Json<RolloutPolicy>", stage, stage_at, actor, created_at,
                  finished_at
           FROM rollout WHERE finished_at IS NULL ORDER BY id"#,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Rollout::try_from)
    .collect()
}

/// Whether one goes on by itself.
pub async fn any_running(conn: &mut PgConnection) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM rollout WHERE finished_at IS NULL AND state = 'running')
               AS "exists!""#
    )
    .fetch_one(conn)
    .await?)
}

/// The newest rollouts, those under way before the others; of one state, where it is
/// named.
pub async fn list(
    conn: &mut PgConnection,
    state: Option<&str>,
    start: i64,
    limit: i64,
) -> Result<Vec<Rollout>> {
    sqlx::query_as!(
        Row,
        r#"SELECT id, revision, state AS "state: State", reason, halt,
                  policy AS "policy: Json<RolloutPolicy>", stage, stage_at, actor, created_at,
                  finished_at
           FROM rollout WHERE $1::text IS NULL OR state = $1
           ORDER BY finished_at IS NOT NULL, id DESC OFFSET $2 LIMIT $3"#,
        state,
        start,
        limit,
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(Rollout::try_from)
    .collect()
}

/// One rollout.
pub async fn get(conn: &mut PgConnection, id: i64) -> Result<Option<Rollout>> {
    sqlx::query_as!(
        Row,
        r#"SELECT id, revision, state AS "state: State", reason, halt,
                  policy AS "policy: Json<RolloutPolicy>", stage, stage_at, actor, created_at,
                  finished_at
           FROM rollout WHERE id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await?
    .map(Rollout::try_from)
    .transpose()
}

/// Lets a rollout stand otherwise: halted with the reason for it.
pub async fn set_state(
    conn: &mut PgConnection,
    id: i64,
    state: State,
    halt: Option<&Halt>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "UPDATE rollout SET state = $2, reason = $3, halt = $4,
                            finished_at = CASE WHEN $5 THEN $6::timestamptz END
         WHERE id = $1",
        id,
        state.as_str(),
        halt.map(Halt::to_string).unwrap_or_default(),
        halt.map(Json) as _,
        !state.is_active(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What the objects of a rollout become.
pub async fn candidates(conn: &mut PgConnection, rollout: &Rollout) -> Result<Vec<Candidate>> {
    let rows = sqlx::query!(
        r#"SELECT kind, name, selector AS "selector: Json<ClusterSelector>", payload
           FROM rollout_object WHERE rollout_id = $1 ORDER BY kind, name"#,
        rollout.id,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Candidate {
                kind: kind_of(row.kind)?,
                name: row.name,
                selector: row.selector.map(|selector| selector.0).unwrap_or_default(),
                version: row.payload.map(|payload| Version {
                    revision: rollout.revision,
                    payload: Bytes::from(payload),
                }),
            })
        })
        .collect()
}

/// The objects that are part of a rollout under way, with its number.
pub async fn held(conn: &mut PgConnection) -> Result<BTreeMap<(ObjectKind, String), i64>> {
    let rows = sqlx::query!(
        "SELECT kind, name, rollout_id FROM rollout_object
         JOIN rollout ON rollout.id = rollout_id WHERE finished_at IS NULL",
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| Ok(((kind_of(row.kind)?, row.name), row.rollout_id))).collect()
}

/// What a member has by rollouts under way.
pub async fn candidates_of(conn: &mut PgConnection, member: ClusterId) -> Result<Vec<Candidate>> {
    let rows = sqlx::query!(
        r#"SELECT kind, name, selector AS "selector: Json<ClusterSelector>", payload,
                  rollout.revision
           FROM rollout_member
                JOIN rollout ON rollout.id = rollout_member.rollout_id
                JOIN rollout_object ON rollout_object.rollout_id = rollout.id
           WHERE member_id = $1 AND finished_at IS NULL"#,
        member.as_uuid(),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let revision = revision_of(row.revision)?;
            Ok(Candidate {
                kind: kind_of(row.kind)?,
                name: row.name,
                selector: row.selector.map(|selector| selector.0).unwrap_or_default(),
                version: row
                    .payload
                    .map(|payload| Version { revision, payload: Bytes::from(payload) }),
            })
        })
        .collect()
}

/// The members that a rollout has reached.
pub async fn reached(conn: &mut PgConnection, id: i64) -> Result<Vec<Reached>> {
    let rows = sqlx::query!(
        "SELECT member_id, revision FROM rollout_member WHERE rollout_id = $1 ORDER BY member_id",
        id,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Reached {
                member: ClusterId::from_uuid(row.member_id),
                revision: revision_of(row.revision)?,
            })
        })
        .collect()
}

/// How many admissions members denied, or would have denied, from one moment to
/// another.
pub async fn denials(
    conn: &mut PgConnection,
    members: &[ClusterId],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<u64> {
    let members: Vec<uuid::Uuid> = members.iter().map(ClusterId::as_uuid).collect();
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM event
           WHERE name IN ('Admission.Control.Denied', 'Admission.Control.Violation')
                 AND at >= $2 AND at < $3 AND cluster_id = ANY($1)"#,
        &members,
        from,
        to,
    )
    .fetch_one(conn)
    .await?;
    Ok(u64::try_from(count).unwrap_or_default())
}

async fn remember_reached(
    conn: &mut PgConnection,
    id: i64,
    stage: u32,
    revision: Revision,
    members: impl Iterator<Item = ClusterId>,
) -> Result<()> {
    let members: Vec<uuid::Uuid> = members.map(|member| member.as_uuid()).collect();
    sqlx::query!(
        "INSERT INTO rollout_member (rollout_id, member_id, stage, revision)
         SELECT $1, member_id, $2, $3 FROM unnest($4::uuid[]) AS reached (member_id)",
        id,
        i32::try_from(stage).unwrap_or(i32::MAX),
        column_of(revision),
        &members,
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn remember_candidate(conn: &mut PgConnection, id: i64, candidate: &Candidate) -> Result<()> {
    let selector = super::object::selector_column(&candidate.selector)?;
    sqlx::query!(
        "INSERT INTO rollout_object (rollout_id, kind, name, selector, payload)
         VALUES ($1, $2, $3, $4::text::json, $5)",
        id,
        kind_column(candidate.kind),
        candidate.name,
        selector,
        candidate.version.as_ref().map(|version| version.payload.as_ref()),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts the time of the present stage anew.
pub async fn restart_stage(conn: &mut PgConnection, id: i64, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("UPDATE rollout SET stage_at = $2 WHERE id = $1", id, now).execute(conn).await?;
    Ok(())
}

/// What all rollouts under way would write if they were completed now.
pub async fn items(conn: &mut PgConnection) -> Result<Vec<NewItem>> {
    let mut items = Vec::new();
    for rollout in active(conn).await? {
        for Candidate { kind, name, selector, version } in candidates(conn, &rollout).await? {
            let op = version.map_or(Op::Delete, |version| Op::Put(version.payload));
            items.push(NewItem { kind, name, op, target: Target::Set(selector) });
        }
    }
    Ok(items)
}
