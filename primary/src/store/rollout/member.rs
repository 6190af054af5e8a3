//! The members that rollouts have reached, and what they denied.

use chrono::{DateTime, Utc};
use palisade_api::{ClusterId, Revision};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::Result;
use crate::store::change::{column_of, revision_of};

/// A member that a rollout has reached.
#[derive(Clone, Copy, Debug)]
pub struct Reached {
    /// The member.
    pub member: ClusterId,
    /// The revision by which it was reached.
    pub revision: Revision,
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
    let members: Vec<Uuid> = members.iter().map(ClusterId::as_uuid).collect();
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

pub(super) async fn remember_reached(
    conn: &mut PgConnection,
    id: i64,
    stage: u32,
    revision: Revision,
    members: impl Iterator<Item = ClusterId>,
) -> Result<()> {
    let members: Vec<Uuid> = members.map(|member| member.as_uuid()).collect();
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
