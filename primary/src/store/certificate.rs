//! The certificates of members, one by one: which are revoked, and by which
//! authority they are signed.

use chrono::{DateTime, Utc};
use palisade_api::{ClusterId, Digest};
use sqlx::PgConnection;

use super::member::RemovedReason;
use super::{Result, StoreError};

/// A certificate to be recorded.
#[derive(Clone, Copy, Debug)]
pub struct NewCertificate<'a> {
    /// Its serial number in lower-case hex.
    pub serial: &'a str,
    /// The member that it is for.
    pub member: ClusterId,
    /// SHA-256 of the authority that signed it.
    pub authority: Digest,
    /// Its end.
    pub expires_at: DateTime<Utc>,
}

/// Records a certificate, and forgets those of its member that have expired.
pub async fn create(
    conn: &mut PgConnection,
    new: NewCertificate<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "DELETE FROM certificate WHERE member_id = $1 AND expires_at < $2",
        new.member.as_uuid(),
        now,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO certificate (serial, member_id, authority, expires_at)
         VALUES ($1, $2, $3, $4)",
        new.serial,
        new.member.as_uuid(),
        new.authority.as_bytes(),
        new.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Revokes all certificates of a member. Returns their serial numbers.
pub async fn revoke_of(
    conn: &mut PgConnection,
    member: ClusterId,
    now: DateTime<Utc>,
) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "UPDATE certificate SET revoked_at = coalesce(revoked_at, $2)
         WHERE member_id = $1 RETURNING serial",
        member.as_uuid(),
        now,
    )
    .fetch_all(conn)
    .await?)
}

/// The serial numbers of revoked certificates that are not expired at `now`.
pub async fn revoked(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "SELECT serial FROM certificate WHERE revoked_at IS NOT NULL AND expires_at > $1",
        now,
    )
    .fetch_all(conn)
    .await?)
}

/// Notes that a member came with the certificate, and gives the authority that
/// signed it; none for one that is not recorded.
pub async fn used(
    conn: &mut PgConnection,
    serial: &str,
    now: DateTime<Utc>,
) -> Result<Option<Digest>> {
    let authority = sqlx::query_scalar!(
        "WITH marked AS (
             UPDATE certificate SET used_at = $2 WHERE serial = $1 AND used_at IS NULL
         )
         SELECT authority FROM certificate WHERE serial = $1",
        serial,
        now,
    )
    .fetch_optional(conn)
    .await?;
    authority.map(|bytes| read(&bytes)).transpose()
}

/// For each authority, how many present members depend on it: the certificate
/// that a member came with last is of it, and not expired at `now`.
pub async fn count_by_authority(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<Vec<(Digest, i64)>> {
    let rows = sqlx::query!(
        r#"SELECT authority, count(*) AS "members!"
           FROM (SELECT DISTINCT ON (member_id) authority
                 FROM certificate JOIN member ON member.id = member_id
                 WHERE removed_at IS NULL AND revoked_at IS NULL AND expires_at > $1
                 ORDER BY member_id, used_at DESC NULLS LAST, expires_at DESC) AS last
           GROUP BY authority"#,
        now,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| Ok((read(&row.authority)?, row.members))).collect()
}

/// The serial numbers of certificates of `authority` that count no more, those that end
/// last first; at most `limit`. Whoever left knows, so theirs are not among them.
pub async fn cut_off(
    conn: &mut PgConnection,
    authority: Digest,
    limit: i64,
) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "SELECT serial FROM certificate JOIN member ON member.id = member_id
         WHERE authority = $1 AND (removed_reason <> $2 OR revoked_at IS NOT NULL)
         ORDER BY expires_at DESC, serial LIMIT $3",
        authority.as_bytes(),
        RemovedReason::Left.as_str(),
        limit,
    )
    .fetch_all(conn)
    .await?)
}

fn read(bytes: &[u8]) -> Result<Digest> {
    Digest::try_from(bytes).map_err(|e| StoreError::inconsistent("certificate", e))
}
