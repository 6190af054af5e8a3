//! How members become former ones.

use chrono::{DateTime, Utc};
use palisade_api::ClusterId;
use sqlx::PgConnection;

use super::notify;
use crate::store::{Result, StoreError};

/// Why a member is one no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovedReason {
    /// It left.
    Left,
    /// The primary removed it.
    Kicked,
    /// The federation was dissolved.
    Demoted,
}

impl RemovedReason {
    /// The text in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Kicked => "kicked",
            Self::Demoted => "demoted",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        [Self::Left, Self::Kicked, Self::Demoted]
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or_else(|| StoreError::inconsistent("member", "an unknown reason of removal"))
    }
}

/// Removes a member; with `listed` it goes on being shown. Says whether there
/// was one.
pub async fn remove(
    conn: &mut PgConnection,
    id: ClusterId,
    reason: RemovedReason,
    listed: bool,
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE member SET removed_at = $2, removed_reason = $3, listed = $4
         WHERE id = $1 AND removed_at IS NULL",
        id.as_uuid(),
        now,
        reason.as_str(),
        listed,
    )
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    notify(conn, id).await?;
    Ok(true)
}

/// Removes all members but the home cluster, and shows no former ones any more.
/// Returns the ids of the removed.
pub async fn remove_remotes(
    conn: &mut PgConnection,
    reason: RemovedReason,
    now: DateTime<Utc>,
) -> Result<Vec<ClusterId>> {
    let ids = sqlx::query_scalar!(
        "UPDATE member SET removed_at = $1, removed_reason = $2
         WHERE removed_at IS NULL AND kind <> 'home' RETURNING id",
        now,
        reason.as_str(),
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<_> = ids.into_iter().map(ClusterId::from_uuid).collect();
    sqlx::query!("UPDATE member SET listed = false WHERE listed").execute(&mut *conn).await?;
    for id in &ids {
        notify(conn, *id).await?;
    }
    Ok(ids)
}

/// Takes a former member off the list. Says whether it was on it.
pub async fn unlist(conn: &mut PgConnection, id: ClusterId) -> Result<bool> {
    let done =
        sqlx::query!("UPDATE member SET listed = false WHERE id = $1 AND listed", id.as_uuid())
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// The ids of former members whose certificates are not expired at `now`.
pub async fn removed(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<ClusterId>> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM member WHERE removed_at IS NOT NULL AND certificate_expires_at > $1",
        now,
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(ClusterId::from_uuid).collect())
}
