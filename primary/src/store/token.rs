//! Join tokens.

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use palisade_policy::cluster::ClusterLabels;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::Result;
use super::member_kind::MemberKind;

/// A token to be stored.
#[derive(Clone, Debug)]
pub struct NewToken<'a> {
    /// Its id.
    pub id: Uuid,
    /// SHA-256 of its ticket.
    pub digest: Digest,
    /// What who joins becomes.
    pub kind: MemberKind,
    /// What who joins is labelled with.
    pub labels: &'a ClusterLabels,
    /// How many clusters may join with it.
    pub max_uses: u32,
    /// Who made it.
    pub created_by: &'a str,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it is valid.
    pub expires_at: DateTime<Utc>,
    /// Whether members that lost their disks may join again with it.
    pub rejoin: bool,
    /// Whether somebody has to confirm each join.
    pub approval: bool,
    /// A fixed token, sealed; none for one that is signed.
    pub sealed_secret: Option<&'a [u8]>,
}

/// A stored token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: Uuid,
    /// What who joins becomes.
    pub kind: MemberKind,
    /// What who joins is labelled with.
    pub labels: Json<ClusterLabels>,
    /// How many clusters may join with it.
    pub max_uses: i32,
    /// How many have.
    pub uses: i32,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it is valid.
    pub expires_at: DateTime<Utc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Whether members that lost their disks may join again with it.
    pub rejoin: bool,
    /// Whether somebody has to confirm each join.
    pub approval: bool,
}

/// Stores a new token.
pub async fn create(conn: &mut PgConnection, new: &NewToken<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO token (id, digest, kind, max_uses, created_by, created_at, expires_at,
                            rejoin, approval, sealed_secret, labels)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        new.id,
        new.digest.as_bytes(),
        new.kind.as_str(),
        i32::try_from(new.max_uses).unwrap_or(i32::MAX),
        new.created_by,
        new.created_at,
        new.expires_at,
        new.rejoin,
        new.approval,
        new.sealed_secret,
        Json(new.labels) as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The newest tokens, newest first.
pub async fn list(conn: &mut PgConnection, limit: u32) -> Result<Vec<Token>> {
    Ok(sqlx::query_as!(
        Token,
        r#"SELECT id, kind AS "kind: MemberKind", labels AS "labels: Json<ClusterLabels>",
                  max_uses, uses, created_by, created_at,
                  expires_at, revoked_at, rejoin, approval
           FROM token ORDER BY created_at DESC, id LIMIT $1"#,
        i64::from(limit),
    )
    .fetch_all(conn)
    .await?)
}

/// The token with the digest, locked until the transaction ends, so that two
/// clusters do not use the last use together.
pub async fn lock(conn: &mut PgConnection, digest: Digest) -> Result<Option<Token>> {
    Ok(sqlx::query_as!(
        Token,
        r#"SELECT id, kind AS "kind: MemberKind", labels AS "labels: Json<ClusterLabels>",
                  max_uses, uses, created_by, created_at,
                  expires_at, revoked_at, rejoin, approval
           FROM token WHERE digest = $1 FOR UPDATE"#,
        digest.as_bytes(),
    )
    .fetch_optional(conn)
    .await?)
}

/// The fixed token with the digest, sealed; none where there is no such token,
/// or it is not valid any more.
pub async fn sealed_secret(
    conn: &mut PgConnection,
    digest: Digest,
    now: DateTime<Utc>,
) -> Result<Option<Vec<u8>>> {
    let sealed = sqlx::query_scalar!(
        "SELECT sealed_secret FROM token
         WHERE digest = $1 AND revoked_at IS NULL AND expires_at > $2",
        digest.as_bytes(),
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(sealed.flatten())
}

/// Stores a fixed token, or lets the one that is stored already live longer.
/// A revoked one stays revoked.
pub async fn put_fixed(conn: &mut PgConnection, new: &NewToken<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO token (id, digest, kind, max_uses, created_by, created_at, expires_at,
                            rejoin, approval, sealed_secret, labels)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT ON CONSTRAINT token_digest_key DO UPDATE
         SET expires_at = greatest(token.expires_at, excluded.expires_at),
             rejoin = excluded.rejoin, sealed_secret = excluded.sealed_secret",
        new.id,
        new.digest.as_bytes(),
        new.kind.as_str(),
        i32::try_from(new.max_uses).unwrap_or(i32::MAX),
        new.created_by,
        new.created_at,
        new.expires_at,
        new.rejoin,
        new.approval,
        new.sealed_secret,
        Json(new.labels) as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Uses the token once, if it is still good. Says whether it was.
pub async fn redeem(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE token SET uses = uses + 1
         WHERE id = $1 AND uses < max_uses AND revoked_at IS NULL AND expires_at > $2",
        id,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Revokes the token, unless it is revoked already. Says whether it exists.
pub async fn revoke(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE token SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1",
        id,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Revokes all tokens but those of a home cluster.
pub async fn revoke_all(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query!(
        "UPDATE token SET revoked_at = $1
         WHERE revoked_at IS NULL AND expires_at > $1 AND kind <> 'home'",
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Forgets the tokens that expired before `before` and that no member, removed
/// or not, joined with. Returns how many they were.
pub async fn forget_expired(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM token WHERE expires_at < $1
         AND NOT EXISTS (SELECT FROM member WHERE member.token_id = token.id)",
        before,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
