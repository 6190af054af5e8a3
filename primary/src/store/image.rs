//! Names of images in registries and what they lead to.

use palisade_api::Digest;
use palisade_api::rest::scan::RegistryImageSummary;
use sqlx::PgConnection;

use super::{Result, StoreError};

/// What listing a registry found under one name.
#[derive(Clone, Debug)]
pub struct FoundImage {
    /// The repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// The manifest that is scanned; none when the registry did not tell.
    pub digest: Option<Digest>,
    /// The index that the tag leads to, where it does.
    pub index_digest: Option<Digest>,
    /// Why the registry did not tell.
    pub result: String,
}

/// A name with its digests, as verdicts carry them.
#[derive(Clone, Debug)]
pub struct NamedImage {
    /// The registry's name.
    pub registry: String,
    /// The repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// SHA-256 of the manifest.
    pub digest: Vec<u8>,
    /// SHA-256 of the index, where there is one.
    pub index_digest: Option<Vec<u8>>,
}

/// Replaces the images of a registry by those found. Reports whose names
/// change are to be published again. Images whose inventory of `format` is
/// there are finished, others scheduled.
pub async fn replace(
    conn: &mut PgConnection,
    registry: &str,
    found: &[FoundImage],
    format: i32,
) -> Result<()> {
    let repositories: Vec<String> = found.iter().map(|image| image.repository.clone()).collect();
    let tags: Vec<String> = found.iter().map(|image| image.tag.clone()).collect();
    let bytes = |digest: Option<Digest>| digest.map_or_else(Vec::new, |d| d.as_bytes().to_vec());
    let digests: Vec<Vec<u8>> = found.iter().map(|image| bytes(image.digest)).collect();
    let indexes: Vec<Vec<u8>> = found.iter().map(|image| bytes(image.index_digest)).collect();
    let results: Vec<String> = found.iter().map(|image| image.result.clone()).collect();
    // Reports that lose or gain a name.
    sqlx::query!(
        "WITH found AS (
             SELECT * FROM unnest($2::text[], $3::text[], $4::bytea[])
                  AS found (repository, tag, digest))
         UPDATE report SET publish = true
         WHERE digest IN (
             (SELECT image.digest FROM image
              LEFT JOIN found USING (repository, tag)
              WHERE image.registry = $1 AND image.digest IS DISTINCT FROM found.digest)
             UNION
             (SELECT found.digest FROM found
              LEFT JOIN image ON image.registry = $1 AND image.repository = found.repository
                             AND image.tag = found.tag
              WHERE image.digest IS DISTINCT FROM found.digest))",
        registry,
        &repositories,
        &tags,
        &digests,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "DELETE FROM image WHERE registry = $1 AND NOT EXISTS (
             SELECT FROM unnest($2::text[], $3::text[]) AS found (repository, tag)
             WHERE found.repository = image.repository AND found.tag = image.tag)",
        registry,
        &repositories,
        &tags,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO image (registry, repository, tag, digest, index_digest, status, result)
         SELECT $1, found.repository, found.tag, nullif(found.digest, ''),
                nullif(found.index_digest, ''),
                CASE WHEN found.digest = '' THEN 'failed'
                     WHEN report.digest IS NOT NULL THEN 'finished'
                     ELSE 'scheduled' END,
                found.result
         FROM unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::text[])
              AS found (repository, tag, digest, index_digest, result)
         LEFT JOIN report ON report.digest = found.digest AND NOT report.rescan
                          AND EXISTS (SELECT FROM inventory
                                      WHERE inventory.digest = report.digest
                                        AND inventory.format = $7)
         ON CONFLICT (registry, repository, tag) DO UPDATE SET
             digest = EXCLUDED.digest, index_digest = EXCLUDED.index_digest,
             status = EXCLUDED.status, result = EXCLUDED.result",
        registry,
        &repositories,
        &tags,
        &digests,
        &indexes,
        &results,
        format,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Sets the state of all names of a manifest.
pub async fn set_status(
    conn: &mut PgConnection,
    digest: Digest,
    status: &str,
    result: &str,
) -> Result<u64> {
    let done = sqlx::query!(
        "UPDATE image SET status = $2, result = $3 WHERE digest = $1",
        digest.as_bytes().as_slice(),
        status,
        result,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// The images of a registry, by repository and tag: at most `limit` from the
/// `start`th on.
pub async fn page(
    conn: &mut PgConnection,
    registry: &str,
    start: i64,
    limit: i64,
) -> Result<Vec<RegistryImageSummary>> {
    let rows = sqlx::query!(
        r#"SELECT image.repository, image.tag, image.digest, image.status, image.result,
                  report.summary::text AS "summary?", report.scanned_at AS "scanned_at?",
                  report.cvedb_version AS "cvedb_version?",
                  report.cvedb_create_time AS "cvedb_create_time?",
                  report.critical AS "critical?", report.high AS "high?",
                  report.medium AS "medium?"
           FROM image LEFT JOIN report ON report.digest = image.digest
           WHERE image.registry = $1
           ORDER BY image.repository, image.tag OFFSET $2 LIMIT $3"#,
        registry,
        start,
        limit,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let mut summary: RegistryImageSummary = match &row.summary {
                Some(text) => serde_json::from_str(text)
                    .map_err(|error| StoreError::inconsistent("report", error))?,
                None => RegistryImageSummary::default(),
            };
            summary.repository = row.repository;
            summary.tag = row.tag;
            if let Some(digest) = row.digest.and_then(|d| Digest::try_from(d.as_slice()).ok()) {
                summary.digest = digest.to_oci();
            }
            // An image may have an older report while it waits for a new one.
            summary.brief.status = row.status;
            // What a new database changes stands beside the summary.
            summary.brief.critical = row.critical.unwrap_or_default().into();
            summary.brief.high = row.high.unwrap_or_default().into();
            summary.brief.medium = row.medium.unwrap_or_default().into();
            summary.brief.scanner_version = row.cvedb_version.unwrap_or_default();
            summary.brief.cvedb_create_time = row.cvedb_create_time.unwrap_or_default();
            if let Some(at) = row.scanned_at {
                summary.brief.scanned_timestamp = at.timestamp();
                summary.brief.scanned_at = at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            }
            if !row.result.is_empty() {
                summary.brief.result = row.result;
            }
            Ok(summary)
        })
        .collect()
}

/// How many images a registry has.
pub async fn count(conn: &mut PgConnection, registry: &str) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM image WHERE registry = $1"#,
        registry,
    )
    .fetch_one(conn)
    .await?)
}

/// The names of manifests.
pub async fn names(conn: &mut PgConnection, digests: &[Digest]) -> Result<Vec<NamedImage>> {
    let digests: Vec<Vec<u8>> = digests.iter().map(|d| d.as_bytes().to_vec()).collect();
    Ok(sqlx::query_as!(
        NamedImage,
        r#"SELECT registry, repository, tag, digest AS "digest!", index_digest
           FROM image WHERE digest = ANY($1)
           ORDER BY registry, repository, tag"#,
        &digests,
    )
    .fetch_all(conn)
    .await?)
}

/// Whether the registry holds finished images that were scanned with another
/// database than `cvedb_version`.
pub async fn has_older(
    conn: &mut PgConnection,
    registry: &str,
    cvedb_version: &str,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM image JOIN report ON report.digest = image.digest
               WHERE image.registry = $1 AND image.status = 'finished'
                 AND report.cvedb_version <> $2) AS "older!""#,
        registry,
        cvedb_version,
    )
    .fetch_one(conn)
    .await?)
}
