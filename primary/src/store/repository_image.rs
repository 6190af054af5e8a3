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
    /// SHA-256 of the manifest.
    pub digest: Digest,
    /// Digest of the index that the tag leads to, where it does.
    pub index_digest: Option<Digest>,
}

/// Notes what a name leads to. The report on what it led to before loses it.
pub async fn put(
    tx: &mut PgTransaction<'_>,
    image: &RepositoryImage,
    at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "UPDATE report SET publish = true
         WHERE digest IN (SELECT digest FROM repository_image
                          WHERE registry = $1 AND repository = $2 AND tag = $3)",
        image.registry,
        image.repository,
        image.tag,
    )
    .execute(&mut **tx)
    .await?;
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
        image.digest.as_bytes().as_slice(),
        image.index_digest.as_ref().map(|digest| digest.as_bytes().as_slice()),
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets all but the newest `most` names; reports without a name follow.
pub async fn trim(tx: &mut PgTransaction<'_>, most: i64) -> Result<u64> {
    let done = sqlx::query!(
        "WITH gone AS (
             DELETE FROM repository_image
             WHERE (registry, repository, tag) IN (
                 SELECT registry, repository, tag FROM repository_image
                 ORDER BY scanned_at DESC OFFSET $1)
             RETURNING digest),
         renamed AS (SELECT id FROM report WHERE digest IN (SELECT digest FROM gone)
                     ORDER BY digest FOR NO KEY UPDATE)
         UPDATE report SET publish = true FROM renamed WHERE report.id = renamed.id",
        most,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
