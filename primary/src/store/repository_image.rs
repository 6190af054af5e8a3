//! Names of images that were scanned by themselves, outside any registry of
//! ours.

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use sqlx::PgTransaction;

use super::Result;

/// The name that these have in place of a registry's.
pub const REGISTRY: &str = "_repo_scan";

/// A name and what it leads to.
#[derive(Clone, Debug)]
pub struct RepositoryImage {
    /// URL of the registry with a trailing slash; empty when nobody said.
    pub registry: String,
    /// The repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// Digest of the manifest.
    pub digest: Digest,
    /// Digest of the index that the tag leads to, where it does.
    pub index_digest: Option<Digest>,
}

/// Begins to change what a name leads to, and comes before the report on it is stored. That
/// report, and the one that loses the name, are published anew; both are taken here, in the
/// order of [`super::report`]. Who is about the same name waits.
pub async fn lock(tx: &mut PgTransaction<'_>, image: &RepositoryImage) -> Result<()> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtext('repository_image'),
                                      hashtext(concat_ws(' ', $1::text, $2::text, $3::text)))",
        image.registry,
        image.repository,
        image.tag,
    )
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query!(
        "WITH renamed AS (
             SELECT id FROM report
             WHERE digest = ANY (ARRAY(
                 SELECT $4::bytea
                 UNION SELECT digest FROM repository_image
                 WHERE registry = $1 AND repository = $2 AND tag = $3))
             ORDER BY digest FOR NO KEY UPDATE)
         UPDATE report SET publish = true FROM renamed WHERE report.id = renamed.id",
        image.registry,
        image.repository,
        image.tag,
        image.digest.as_bytes(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes what a name leads to, which [`lock`] was told before.
pub async fn put(
    tx: &mut PgTransaction<'_>,
    image: &RepositoryImage,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO repository_image
             (registry, repository, tag, digest, index_digest, scanned_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT ON CONSTRAINT repository_image_pkey DO UPDATE SET
             digest = excluded.digest, index_digest = excluded.index_digest,
             scanned_at = excluded.scanned_at",
        image.registry,
        image.repository,
        image.tag,
        image.digest.as_bytes(),
        image.index_digest.as_ref().map(Digest::as_bytes),
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets all but the newest `most` names; reports without a name follow. A name that
/// somebody renewed while its report was waited for stays.
pub async fn trim(tx: &mut PgTransaction<'_>, most: i64) -> Result<u64> {
    let marked = sqlx::query_scalar!(
        "WITH renamed AS (
             SELECT id FROM report
             WHERE digest IN (SELECT digest FROM repository_image
                              ORDER BY scanned_at DESC OFFSET $1)
             ORDER BY digest FOR NO KEY UPDATE)
         UPDATE report SET publish = true FROM renamed WHERE report.id = renamed.id
         RETURNING report.digest",
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "DELETE FROM repository_image
         WHERE digest = ANY($2)
           AND (registry, repository, tag) IN (
               SELECT registry, repository, tag FROM repository_image
               ORDER BY scanned_at DESC OFFSET $1)",
        most,
        &marked,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
