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
        digest.as_bytes(),
        format,
        body,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets what an image holds: it is read again when it is found next.
pub async fn delete(conn: &mut PgConnection, digest: Digest) -> Result<bool> {
    let done = sqlx::query!("DELETE FROM inventory WHERE digest = $1", digest.as_bytes())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// What an image holds, compressed, where it was read for `format`.
pub async fn get_of_format(
    conn: &mut PgConnection,
    digest: Digest,
    format: i32,
) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        "SELECT body FROM inventory WHERE digest = $1 AND format = $2",
        digest.as_bytes(),
        format,
    )
    .fetch_optional(conn)
    .await?)
}

/// What images hold, compressed, by the digests of their manifests.
pub async fn of(conn: &mut PgConnection, digests: &[Digest]) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let digests: Vec<Vec<u8>> = digests.iter().map(|d| d.as_bytes().to_vec()).collect();
    let rows = sqlx::query!("SELECT digest, body FROM inventory WHERE digest = ANY($1)", &digests)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.digest, row.body)).collect())
}

/// Whether it is known what an image holds.
pub async fn exists(conn: &mut PgConnection, digest: Digest) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM inventory WHERE digest = $1) AS "exists!""#,
        digest.as_bytes(),
    )
    .fetch_one(conn)
    .await?)
}
