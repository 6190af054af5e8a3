//! Rollouts: changes that some members have and others do not have yet. Their
//! objects stand beside the log's own until the rollout ends. All that writes
//! here holds the lock of the federation log.

mod candidate;
mod change;
mod halt;
mod member;

use chrono::{DateTime, Utc};
use palisade_api::Revision;
use palisade_api::rest::rollout::RolloutPolicy;
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::change::revision_of;
use super::{Result, StoreError};

pub use candidate::{Candidate, candidates, candidates_of, held, items};
pub use change::{abort, complete, concerned_by, concerned_by_items, reach, start};
pub use halt::Halt;
pub use member::{Reached, denials, reached};

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
    /// Why it is halted, or was when it was aborted, for people; empty otherwise.
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

/// Lets a rollout stand otherwise: halted with the reason for it, which it keeps where it is
/// aborted.
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

/// Counts the time of the present stage anew.
pub async fn restart_stage(conn: &mut PgConnection, id: i64, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("UPDATE rollout SET stage_at = $2 WHERE id = $1", id, now).execute(conn).await?;
    Ok(())
}
