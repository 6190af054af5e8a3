//! What members have of their own, by revision.

use chrono::{DateTime, Utc};
use palisade_api::{ClusterId, Digest};
use sqlx::{PgConnection, PgTransaction};

use super::{Result, StoreError};

/// A configuration to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewConfiguration<'a> {
    /// SHA-256 of the JSON.
    pub digest: Digest,
    /// Bytes of the JSON.
    pub size: usize,
    /// The JSON, compressed with zstd.
    pub body: &'a [u8],
}

/// One revision, without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its number.
    pub revision: i64,
    /// SHA-256 of the JSON.
    pub digest: Digest,
    /// When it came.
    pub stored_at: DateTime<Utc>,
    /// Bytes of the JSON.
    pub size: i64,
}

/// Stores a configuration as the newest revision of its member, unless the
/// newest is the same, and forgets the oldest beyond `kept`.
pub async fn put(
    tx: &mut PgTransaction<'_>,
    member: ClusterId,
    new: NewConfiguration<'_>,
    kept: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    // One at a time for each member.
    sqlx::query!("SELECT id FROM member WHERE id = $1 FOR UPDATE", member.as_uuid())
        .fetch_optional(&mut **tx)
        .await?;
    if newest_digest(tx, member).await? == Some(new.digest) {
        return Ok(());
    }
    let revision = sqlx::query_scalar!(
        r#"INSERT INTO member_configuration (member_id, revision, digest, stored_at, size, body)
           SELECT $1, coalesce(max(revision), 0) + 1, $2, $3, $4, $5
           FROM member_configuration WHERE member_id = $1
           RETURNING revision"#,
        member.as_uuid(),
        new.digest.as_bytes(),
        now,
        i64::try_from(new.size).unwrap_or(i64::MAX),
        new.body,
    )
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query!(
        "DELETE FROM member_configuration WHERE member_id = $1 AND revision <= $2",
        member.as_uuid(),
        revision - kept,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// SHA-256 of a member's newest configuration.
pub async fn newest_digest(conn: &mut PgConnection, member: ClusterId) -> Result<Option<Digest>> {
    let digest = sqlx::query_scalar!(
        "SELECT digest FROM member_configuration WHERE member_id = $1
         ORDER BY revision DESC LIMIT 1",
        member.as_uuid(),
    )
    .fetch_optional(conn)
    .await?;
    digest.map(|bytes| read(&bytes)).transpose()
}

/// The revisions of a member, newest first.
pub async fn list(conn: &mut PgConnection, member: ClusterId) -> Result<Vec<Revision>> {
    sqlx::query!(
        "SELECT revision, digest, stored_at, size FROM member_configuration
         WHERE member_id = $1 ORDER BY revision DESC",
        member.as_uuid(),
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        Ok(Revision {
            revision: row.revision,
            digest: read(&row.digest)?,
            stored_at: row.stored_at,
            size: row.size,
        })
    })
    .collect()
}

/// The body of a revision, compressed; of the newest where none is named.
pub async fn body(
    conn: &mut PgConnection,
    member: ClusterId,
    revision: Option<i64>,
) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        "SELECT body FROM member_configuration
         WHERE member_id = $1 AND ($2::bigint IS NULL OR revision = $2)
         ORDER BY revision DESC LIMIT 1",
        member.as_uuid(),
        revision,
    )
    .fetch_optional(conn)
    .await?)
}

fn read(bytes: &[u8]) -> Result<Digest> {
    Digest::try_from(bytes).map_err(|e| StoreError::inconsistent("member configuration", e))
}
