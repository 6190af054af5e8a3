//! Names of images in registries and what they lead to.
//!
//! Whoever changes several takes them in the order of registry, repository and tag: while a
//! listing replaces those of a registry, scans end for all names of a manifest.

use std::collections::HashMap;

use palisade_api::Digest;
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
    /// The registry's name; `_repo_scan` where it is none of ours.
    pub registry: String,
    /// The registry's URL, where it is none of ours.
    pub url: String,
    /// The repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// Digest of the manifest.
    pub digest: Vec<u8>,
    /// Digest of the index, where there is one.
    pub index_digest: Option<Vec<u8>>,
}

/// A repository of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The registry.
    pub registry: String,
    /// The repository.
    pub repository: String,
}

/// Where a manifest is beside one registry, if anywhere.
pub async fn elsewhere(
    conn: &mut PgConnection,
    digest: Digest,
    registry: &str,
) -> Result<Option<Place>> {
    Ok(sqlx::query_as!(
        Place,
        "SELECT registry, repository FROM image WHERE digest = $1 AND registry <> $2
         ORDER BY registry, repository LIMIT 1",
        digest.as_bytes(),
        registry,
    )
    .fetch_optional(conn)
    .await?)
}

/// Takes all names of a registry, in their order.
pub async fn lock(conn: &mut PgConnection, registry: &str) -> Result<()> {
    sqlx::query!(
        "SELECT FROM image WHERE registry = $1 ORDER BY repository, tag FOR UPDATE",
        registry,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Replaces the images of a registry by those found. Reports whose names
/// change are to be published again. Images whose inventory of `format` is
/// there are finished, those found broken in that format stay so, others are
/// scheduled.
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
                  AS found (repository, tag, digest)),
         renamed AS (
             SELECT id FROM report
             WHERE digest IN (
                 (SELECT image.digest FROM image
                  LEFT JOIN found USING (repository, tag)
                  WHERE image.registry = $1 AND image.digest IS DISTINCT FROM found.digest)
                 UNION
                 (SELECT found.digest FROM found
                  LEFT JOIN image ON image.registry = $1 AND image.repository = found.repository
                                 AND image.tag = found.tag
                  WHERE image.digest IS DISTINCT FROM found.digest))
             ORDER BY digest FOR NO KEY UPDATE)
         UPDATE report SET publish = true FROM renamed WHERE report.id = renamed.id",
        registry,
        &repositories,
        &tags,
        &digests,
    )
    .execute(&mut *conn)
    .await?;
    lock(conn, registry).await?;
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
             digest = excluded.digest, index_digest = excluded.index_digest,
             status = CASE WHEN image.broken_format = $7 AND image.digest = excluded.digest
                           THEN image.status ELSE excluded.status END,
             result = CASE WHEN image.digest = excluded.digest
                            AND (image.broken_format = $7 OR image.status = excluded.status)
                           THEN image.result ELSE excluded.result END,
             broken_format = CASE WHEN image.digest = excluded.digest
                                  THEN image.broken_format END",
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

/// Puts one image that was found in place of what the tag led to before.
/// Reports whose names change are to be published again.
pub async fn put(
    conn: &mut PgConnection,
    registry: &str,
    found: &FoundImage,
    format: i32,
) -> Result<()> {
    republish(conn, registry, &found.repository, &found.tag, found.digest).await?;
    let bytes = |digest: Option<Digest>| digest.map(|digest| digest.as_bytes().to_vec());
    sqlx::query!(
        "INSERT INTO image (registry, repository, tag, digest, index_digest, status, result)
         SELECT $1, $2, $3, $4, $5,
                CASE WHEN $4::bytea IS NULL THEN 'failed'
                     WHEN EXISTS (SELECT FROM report JOIN inventory USING (digest)
                                  WHERE report.digest = $4 AND NOT report.rescan
                                    AND inventory.format = $7) THEN 'finished'
                     ELSE 'scheduled' END,
                $6
         ON CONFLICT (registry, repository, tag) DO UPDATE SET
             digest = excluded.digest, index_digest = excluded.index_digest,
             status = CASE WHEN image.broken_format = $7 AND image.digest = excluded.digest
                           THEN image.status ELSE excluded.status END,
             result = CASE WHEN image.digest = excluded.digest
                            AND (image.broken_format = $7 OR image.status = excluded.status)
                           THEN image.result ELSE excluded.result END,
             broken_format = CASE WHEN image.digest = excluded.digest
                                  THEN image.broken_format END",
        registry,
        found.repository,
        found.tag,
        bytes(found.digest),
        bytes(found.index_digest),
        found.result,
        format,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes an image whose tag is gone. Says whether there was one.
pub async fn delete(
    conn: &mut PgConnection,
    registry: &str,
    repository: &str,
    tag: &str,
) -> Result<bool> {
    republish(conn, registry, repository, tag, None).await?;
    let done = sqlx::query!(
        "DELETE FROM image WHERE registry = $1 AND repository = $2 AND tag = $3",
        registry,
        repository,
        tag,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Asks for the publication of the report that a tag leads to and of the one
/// that it will lead to, where those are two.
async fn republish(
    conn: &mut PgConnection,
    registry: &str,
    repository: &str,
    tag: &str,
    digest: Option<Digest>,
) -> Result<()> {
    sqlx::query!(
        "WITH old AS (SELECT digest FROM image
                      WHERE registry = $1 AND repository = $2 AND tag = $3),
              both_of AS (SELECT digest FROM old UNION ALL SELECT $4::bytea),
              renamed AS (SELECT id FROM report
                          WHERE digest IN (SELECT digest FROM both_of)
                            AND (SELECT digest FROM old) IS DISTINCT FROM $4
                          ORDER BY digest FOR NO KEY UPDATE)
         UPDATE report SET publish = true FROM renamed WHERE report.id = renamed.id",
        registry,
        repository,
        tag,
        digest.map(|digest| digest.as_bytes().to_vec()),
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn digest(bytes: &[u8]) -> Result<Digest> {
    Digest::try_from(bytes).map_err(|error| StoreError::inconsistent("image", error))
}

/// The names of a registry of which it is known what they lead to.
pub async fn known(conn: &mut PgConnection, registry: &str) -> Result<Vec<FoundImage>> {
    let rows = sqlx::query!(
        r#"SELECT repository, tag, digest AS "digest!", index_digest FROM image
           WHERE registry = $1 AND digest IS NOT NULL"#,
        registry,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(FoundImage {
                repository: row.repository,
                tag: row.tag,
                digest: Some(digest(&row.digest)?),
                index_digest: row.index_digest.as_deref().map(digest).transpose()?,
                result: String::new(),
            })
        })
        .collect()
}

/// Which manifest each index of a registry led to, so that nobody asks again.
pub async fn indexes(conn: &mut PgConnection, registry: &str) -> Result<HashMap<Digest, Digest>> {
    let rows = sqlx::query!(
        r#"SELECT DISTINCT ON (index_digest) index_digest AS "index!", digest AS "digest!"
           FROM image
           WHERE registry = $1 AND index_digest IS NOT NULL AND digest IS NOT NULL"#,
        registry,
    )
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((digest(&row.index)?, digest(&row.digest)?))).collect()
}

/// Sets the state of all names of a manifest.
pub async fn set_status(
    conn: &mut PgConnection,
    digest: Digest,
    status: &str,
    result: &str,
) -> Result<u64> {
    let done = sqlx::query!(
        "WITH named AS (
             SELECT registry, repository, tag FROM image WHERE digest = $1
             ORDER BY registry, repository, tag FOR NO KEY UPDATE)
         UPDATE image SET status = $2, result = $3 FROM named
         WHERE image.registry = named.registry AND image.repository = named.repository
           AND image.tag = named.tag",
        digest.as_bytes(),
        status,
        result,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Notes that an image is broken itself: what is read in `format` will not be
/// read of it.
pub async fn set_broken(
    conn: &mut PgConnection,
    digest: Digest,
    format: i32,
    result: &str,
) -> Result<()> {
    sqlx::query!(
        "WITH named AS (
             SELECT registry, repository, tag FROM image WHERE digest = $1
             ORDER BY registry, repository, tag FOR NO KEY UPDATE)
         UPDATE image SET status = 'failed', result = $2, broken_format = $3 FROM named
         WHERE image.registry = named.registry AND image.repository = named.repository
           AND image.tag = named.tag",
        digest.as_bytes(),
        result,
        format,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets which images of a registry are broken: each gets another try.
pub async fn forget_broken(conn: &mut PgConnection, registry: &str) -> Result<()> {
    lock(conn, registry).await?;
    sqlx::query!(
        "UPDATE image SET broken_format = NULL
         WHERE registry = $1 AND broken_format IS NOT NULL",
        registry,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The names of manifests.
pub async fn names(conn: &mut PgConnection, digests: &[Digest]) -> Result<Vec<NamedImage>> {
    let digests: Vec<Vec<u8>> = digests.iter().map(|d| d.as_bytes().to_vec()).collect();
    Ok(sqlx::query_as!(
        NamedImage,
        r#"SELECT registry AS "registry!", url AS "url!", repository AS "repository!",
                  tag AS "tag!", digest AS "digest!", index_digest
           FROM image_name WHERE digest = ANY($1)
           ORDER BY registry, repository, tag"#,
        &digests,
    )
    .fetch_all(conn)
    .await?)
}

/// An image of a registry that was scanned.
#[derive(Clone, Debug)]
pub struct ScannedImage {
    /// The registry.
    pub registry: String,
    /// Digest of the configuration, without its algorithm.
    pub image_id: String,
    /// `repository:tag`.
    pub name: String,
}

/// Scanned images with a text in `repository:tag`, by name, at most `most`.
pub async fn containing(
    conn: &mut PgConnection,
    text: &str,
    most: i64,
) -> Result<Vec<ScannedImage>> {
    Ok(sqlx::query_as!(
        ScannedImage,
        r#"SELECT image.registry, report.image_id, image.repository || ':' || image.tag AS "name!"
           FROM image JOIN report ON report.digest = image.digest
           WHERE strpos(lower(image.repository || ':' || image.tag), lower($1)) > 0
           ORDER BY image.repository, image.tag, image.registry LIMIT $2"#,
        text,
        most,
    )
    .fetch_all(conn)
    .await?)
}
