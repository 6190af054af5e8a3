//! The primary's certificate authority, the one that takes its place, and the
//! key of its join tickets.

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use sqlx::PgConnection;

use super::Result;

/// An authority as it is stored.
#[derive(Clone, Debug)]
pub struct StoredAuthority {
    /// DER.
    pub certificate: Vec<u8>,
    /// The authority's key, sealed.
    pub sealed_key: Vec<u8>,
    /// The key that signs join tickets, sealed.
    pub sealed_ticket_key: Vec<u8>,
    /// When it was made, or took the place of the one before.
    pub created_at: DateTime<Utc>,
}

/// The authority that takes the place of the present one.
#[derive(Clone, Debug)]
pub struct StoredSuccessor {
    /// DER.
    pub certificate: Vec<u8>,
    /// The authority's key, sealed.
    pub sealed_key: Vec<u8>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Reads the authority; none before the first start.
pub async fn get(conn: &mut PgConnection) -> Result<Option<StoredAuthority>> {
    Ok(sqlx::query_as!(
        StoredAuthority,
        "SELECT certificate, sealed_key, sealed_ticket_key, created_at FROM authority",
    )
    .fetch_optional(conn)
    .await?)
}

/// Reads the successor; none while the authority is not being replaced.
pub async fn successor(conn: &mut PgConnection) -> Result<Option<StoredSuccessor>> {
    Ok(sqlx::query_as!(
        StoredSuccessor,
        "SELECT certificate, sealed_key, created_at FROM authority_successor",
    )
    .fetch_optional(conn)
    .await?)
}

/// Stores the first authority, unless another replica was faster. Says
/// whether it was stored.
pub async fn create(conn: &mut PgConnection, authority: &StoredAuthority) -> Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO authority (certificate, sealed_key, sealed_ticket_key, created_at)
         VALUES ($1, $2, $3, $4) ON CONFLICT ON CONSTRAINT authority_pkey DO NOTHING",
        authority.certificate,
        authority.sealed_key,
        authority.sealed_ticket_key,
        authority.created_at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Stores a successor, unless there is one. Says whether it was stored.
pub async fn create_successor(
    conn: &mut PgConnection,
    successor: &StoredSuccessor,
) -> Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO authority_successor (certificate, sealed_key, created_at)
         VALUES ($1, $2, $3)
         ON CONFLICT ON CONSTRAINT authority_successor_pkey DO NOTHING",
        successor.certificate,
        successor.sealed_key,
        successor.created_at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts the successor in the place of the authority, which is forgotten. Says
/// whether there was one.
pub async fn succeed(conn: &mut PgConnection) -> Result<bool> {
    let done = sqlx::query!(
        "WITH successor AS (DELETE FROM authority_successor RETURNING *)
         UPDATE authority
         SET certificate = successor.certificate, sealed_key = successor.sealed_key,
             created_at = successor.created_at
         FROM successor",
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps which certificates an authority that is replaced has revoked: a list that it
/// has signed.
pub async fn keep_revoked(
    conn: &mut PgConnection,
    fingerprint: Digest,
    list: &[u8],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO authority_former (fingerprint, revoked, replaced_at) VALUES ($1, $2, $3)
         ON CONFLICT ON CONSTRAINT authority_former_pkey DO NOTHING",
        fingerprint.as_bytes(),
        list,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// That list of a former authority, where one is kept.
pub async fn revoked(conn: &mut PgConnection, fingerprint: Digest) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        "SELECT revoked FROM authority_former WHERE fingerprint = $1",
        fingerprint.as_bytes(),
    )
    .fetch_optional(conn)
    .await?)
}
