//! Reports on images, by the digest of the manifest.

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use sqlx::PgConnection;

use super::{Result, StoreError};

/// A report to be stored.
#[derive(Clone, Debug)]
pub struct NewReport<'a> {
    /// SHA-256 of the manifest.
    pub digest: Digest,
    /// When the scan ended.
    pub scanned_at: DateTime<Utc>,
    /// Version of the vulnerability database.
    pub cvedb_version: &'a str,
    /// The element of a registry's list as JSON, without repository and tag.
    pub summary: &'a str,
    /// JSON, compressed with zstd.
    pub body: &'a [u8],
    /// The encoded verdict without names.
    pub verdict: &'a [u8],
}

/// A report whose verdict is to be published.
#[derive(Clone, Debug)]
pub struct Unpublished {
    /// SHA-256 of the manifest.
    pub digest: Digest,
    /// The encoded verdict without names.
    pub verdict: Vec<u8>,
    /// Names of the objects that were published before.
    pub published: Vec<String>,
}

/// Stores a report, in place of an older one.
pub async fn put(conn: &mut PgConnection, new: &NewReport<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO report (digest, scanned_at, cvedb_version, summary, body, verdict)
         VALUES ($1, $2, $3, $4::text::json, $5, $6)
         ON CONFLICT (digest) DO UPDATE SET
             scanned_at = EXCLUDED.scanned_at, cvedb_version = EXCLUDED.cvedb_version,
             summary = EXCLUDED.summary, body = EXCLUDED.body, verdict = EXCLUDED.verdict,
             publish = true",
        new.digest.as_bytes().as_slice(),
        new.scanned_at,
        new.cvedb_version,
        new.summary,
        new.body,
        new.verdict,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The compressed report on an image of a registry, by the digest of its
/// manifest, of its index, or of its configuration (the image id).
pub async fn body(
    conn: &mut PgConnection,
    registry: &str,
    digest: Digest,
) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        "SELECT report.body FROM report JOIN image ON image.digest = report.digest
         WHERE image.registry = $1
           AND (image.digest = $2 OR image.index_digest = $2
                OR report.summary ->> 'image_id' = $3)
         LIMIT 1",
        registry,
        digest.as_bytes().as_slice(),
        digest.to_string(),
    )
    .fetch_optional(conn)
    .await?)
}

/// The compressed report on an image of any registry, by the digest of its
/// manifest or of its index.
pub async fn body_of_image(conn: &mut PgConnection, digest: Digest) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        "SELECT body FROM report
         WHERE digest = $1 OR digest IN (SELECT digest FROM image WHERE index_digest = $1)
         LIMIT 1",
        digest.as_bytes().as_slice(),
    )
    .fetch_optional(conn)
    .await?)
}

/// Reports whose verdicts are to be published, locked until the transaction
/// ends; those that another replica publishes are passed over.
pub async fn lock_unpublished(conn: &mut PgConnection, limit: i64) -> Result<Vec<Unpublished>> {
    let rows = sqlx::query!(
        "SELECT digest, verdict, published FROM report WHERE publish
         ORDER BY digest LIMIT $1 FOR UPDATE SKIP LOCKED",
        limit,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Unpublished {
                digest: Digest::try_from(row.digest.as_slice())
                    .map_err(|error| StoreError::inconsistent("report", error))?,
                verdict: row.verdict,
                published: row.published,
            })
        })
        .collect()
}

/// Notes under which names a verdict is published now. Without any the
/// report is removed: no image is left that it is about.
pub async fn published(conn: &mut PgConnection, digest: Digest, names: &[String]) -> Result<bool> {
    let digest = digest.as_bytes().as_slice();
    let done = if names.is_empty() {
        sqlx::query!("DELETE FROM report WHERE digest = $1", digest).execute(conn).await?
    } else {
        sqlx::query!(
            "UPDATE report SET publish = false, published = $2 WHERE digest = $1",
            digest,
            names,
        )
        .execute(conn)
        .await?
    };
    Ok(done.rows_affected() == 1)
}

/// Asks for the publication of all reports on images of a registry, whose
/// names are about to change.
pub async fn republish(conn: &mut PgConnection, registry: &str) -> Result<u64> {
    let done = sqlx::query!(
        "UPDATE report SET publish = true
         WHERE digest IN (SELECT digest FROM image WHERE registry = $1)",
        registry,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Has every image that is found again scanned again, because what is looked
/// for has changed.
pub async fn expire(conn: &mut PgConnection) -> Result<()> {
    sqlx::query!("UPDATE report SET cvedb_version = ''").execute(conn).await?;
    Ok(())
}
