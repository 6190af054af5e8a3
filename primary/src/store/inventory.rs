//! What images hold, by the digest of the manifest: enough to hold them
//! against a new vulnerability database without their registry.

use palisade_api::Digest;
use sqlx::PgConnection;

use super::Result;

/// Stores what an image holds, in place of what was known before.
pub async fn put(conn: &mut PgConnection, digest: Digest, format: i32, body: &[u8]) -> Result<()> {
    sqlx::query!(
        "INSERT INTO inventory (digest, format, body) VALUES ($1, $2, $3)
         ON CONFLICT (digest) DO UPDATE SET
             format = EXCLUDED.format, body = EXCLUDED.body, read_at = now()",
        digest.as_bytes().as_slice(),
        format,
        body,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What an image holds, compressed.
pub async fn get(conn: &mut PgConnection, digest: Digest) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        "SELECT body FROM inventory WHERE digest = $1",
        digest.as_bytes().as_slice(),
    )
    .fetch_optional(conn)
    .await?)
}
