//! Reports on images, by the digest of the manifest.
//!
//! Whoever marks several takes them in the order of their digests: a listing, somebody who
//! accepts a vulnerability and somebody who moves a registry mark the same ones at once,
//! and would wait for each other. A transaction takes reports, then the names of images,
//! then registries, then jobs.

mod publication;

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use sqlx::PgConnection;

pub use publication::{
    TouchedReport, Unpublished, accepted_in, bodies, lock_unpublished, published, republish,
    republish_all,
};

use super::{Result, StoreError};

/// A report to be stored.
#[derive(Clone, Debug)]
pub struct NewReport<'a> {
    /// Digest of the manifest.
    pub digest: Digest,
    /// What lists show of it that no database changes, as JSON.
    pub summary: &'a str,
    /// Digest of the configuration, without its algorithm.
    pub image_id: &'a str,
    /// For example `debian:12`.
    pub base_os: &'a str,
    /// Bytes of the layers as stored.
    pub size: i64,
    /// Whose signatures the image has, as JSON.
    pub signatures: Option<&'a str>,
    /// Whether the body holds the findings alone; else it is the whole report.
    pub findings_only: bool,
    /// What was found.
    pub result: MatchResult<'a>,
}

/// What a database makes of an image.
#[derive(Clone, Debug)]
pub struct MatchResult<'a> {
    /// When.
    pub scanned_at: DateTime<Utc>,
    /// Which database.
    pub vulndb: UsedDatabase<'a>,
    /// Number of vulnerabilities that were found: critical, high, medium, low, unknown.
    pub counts: [i32; 5],
    /// The findings, JSON compressed with zstd; none when they are those that
    /// are stored.
    pub body: Option<&'a [u8]>,
    /// SHA-256 of that JSON.
    pub body_digest: Digest,
    /// Stands for the rows of the findings.
    pub findings_digest: Digest,
    /// The encoded verdict without names; none when the one that is stored
    /// stands.
    pub verdict: Option<&'a [u8]>,
}

/// The database that a report was made with.
#[derive(Clone, Copy, Debug)]
pub struct UsedDatabase<'a> {
    /// SHA-256 of its content.
    pub digest: Digest,
    /// The date of its newest record.
    pub built_at: DateTime<Utc>,
    /// Its version.
    pub version: &'a str,
    /// That date as clients get it.
    pub create_time: &'a str,
}

/// What is known of a report that was stored.
#[derive(Clone, Debug)]
pub struct StoredReport {
    /// Its id.
    pub id: i32,
    /// What stood for the rows of its findings before.
    pub findings_digest: Vec<u8>,
}

/// A report of another database than the present one.
#[derive(Clone, Debug)]
pub struct OlderReport {
    /// Its id.
    pub id: i32,
    /// Digest of the manifest.
    pub digest: Digest,
    /// SHA-256 of the findings' JSON.
    pub body_digest: Vec<u8>,
    /// Stands for the rows of the findings.
    pub findings_digest: Vec<u8>,
    /// The encoded verdict without names.
    pub verdict: Vec<u8>,
    /// Whose signatures the image has, as JSON.
    pub signatures: Option<String>,
    /// What the image holds, compressed.
    pub inventory: Vec<u8>,
}

/// What a new database makes of an image.
#[derive(Clone, Debug)]
pub struct Rematched<'a> {
    /// Id of the report.
    pub id: i32,
    /// The result.
    pub result: MatchResult<'a>,
}

/// A report as it is kept.
#[derive(Clone, Debug)]
pub struct KeptReport {
    /// When the image was scanned.
    pub scanned_at: DateTime<Utc>,
    /// Version of the vulnerability database.
    pub cvedb_version: String,
    /// When the vulnerability database was made, RFC 3339.
    pub cvedb_create_time: String,
    /// Whose signatures the image has, as JSON.
    pub signatures: Option<String>,
    /// The findings, or the whole report; compressed.
    pub body: Vec<u8>,
    /// What the image holds, compressed; none where the body is the whole.
    pub inventory: Option<Vec<u8>>,
}

/// Stores a report, in place of an older one. Its verdict is published.
pub async fn put(conn: &mut PgConnection, new: &NewReport<'_>) -> Result<StoredReport> {
    let [critical, high, medium, low, unknown] = new.result.counts;
    Ok(sqlx::query_as!(
        StoredReport,
        r#"INSERT INTO report
             (digest, summary, image_id, base_os, size, signatures, scanned_at, vulndb_digest,
              vulndb_built_at, cvedb_version, cvedb_create_time, critical, high, medium, low,
              unknown, body, body_digest, findings_digest, verdict, findings_only)
         VALUES ($1, $2::text::json, $3, $4, $5, $6::text::json, $7, $8, $9, $10, $11, $12, $13,
                 $14, $15, $16, $17, $18, $19, $20, $21)
         ON CONFLICT (digest) DO UPDATE SET
             summary = excluded.summary, image_id = excluded.image_id,
             base_os = excluded.base_os, size = excluded.size, signatures = excluded.signatures,
             scanned_at = excluded.scanned_at, vulndb_digest = excluded.vulndb_digest,
             vulndb_built_at = excluded.vulndb_built_at, cvedb_version = excluded.cvedb_version,
             cvedb_create_time = excluded.cvedb_create_time, critical = excluded.critical,
             high = excluded.high, medium = excluded.medium, low = excluded.low,
             unknown = excluded.unknown, body = excluded.body, body_digest = excluded.body_digest,
             findings_digest = excluded.findings_digest, verdict = excluded.verdict,
             findings_only = excluded.findings_only, found = NULL, publish = true,
             rematch = false, rescan = false, checked = false
         RETURNING id, coalesce((SELECT old.findings_digest FROM report AS old
                                 WHERE old.digest = $1), '') AS "findings_digest!""#,
        new.digest.as_bytes(),
        new.summary,
        new.image_id,
        new.base_os,
        new.size,
        new.signatures,
        new.result.scanned_at,
        new.result.vulndb.digest.as_bytes(),
        new.result.vulndb.built_at,
        new.result.vulndb.version,
        new.result.vulndb.create_time,
        critical,
        high,
        medium,
        low,
        unknown,
        new.result.body.unwrap_or_default(),
        new.result.body_digest.as_bytes(),
        new.result.findings_digest.as_bytes(),
        new.result.verdict.unwrap_or_default(),
        new.findings_only,
    )
    .fetch_one(conn)
    .await?)
}

/// Reports of another database than `vulndb` with their inventories, locked
/// until the transaction ends: those on images of `registries`, and those that
/// somebody asked for. Others have those that are locked. What a younger
/// database made stays, unless it is younger than `latest`: its date is a slip.
pub async fn lock_older(
    tx: &mut sqlx::PgTransaction<'_>,
    vulndb: Digest,
    built_at: DateTime<Utc>,
    latest: DateTime<Utc>,
    registries: &[String],
    limit: i64,
) -> Result<Vec<OlderReport>> {
    let rows = sqlx::query!(
        "SELECT report.id, report.digest, report.body_digest, report.findings_digest,
                report.verdict, report.signatures::text AS signatures,
                inventory.body AS inventory
         FROM report JOIN inventory ON inventory.digest = report.digest
         WHERE report.findings_only
           AND (report.vulndb_digest < $1 OR report.vulndb_digest > $1)
           AND (report.vulndb_built_at <= $2 OR report.vulndb_built_at > $3)
           AND (report.rematch
                OR EXISTS (SELECT FROM image WHERE image.digest = report.digest
                                               AND image.registry = ANY($4)))
         LIMIT $5
         FOR UPDATE OF report SKIP LOCKED",
        vulndb.as_bytes(),
        built_at,
        latest,
        registries,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(OlderReport {
                id: row.id,
                digest: Digest::try_from(row.digest.as_slice())
                    .map_err(|error| StoreError::inconsistent("report", error))?,
                body_digest: row.body_digest,
                findings_digest: row.findings_digest,
                verdict: row.verdict,
                signatures: row.signatures,
                inventory: row.inventory,
            })
        })
        .collect()
}

/// Stores what a new database makes of images. All are of the same one.
pub async fn rematched(tx: &mut sqlx::PgTransaction<'_>, new: &[Rematched<'_>]) -> Result<()> {
    let Some(first) = new.first() else { return Ok(()) };
    let vulndb = first.result.vulndb;
    let ids: Vec<i32> = new.iter().map(|one| one.id).collect();
    let count = |at: usize| -> Vec<i32> {
        new.iter().map(|one| one.result.counts.get(at).copied().unwrap_or_default()).collect()
    };
    let bytes = |of: fn(&MatchResult<'_>) -> Option<Vec<u8>>| -> Vec<Option<Vec<u8>>> {
        new.iter().map(|one| of(&one.result)).collect()
    };
    let digests = |of: fn(&MatchResult<'_>) -> Digest| -> Vec<Vec<u8>> {
        new.iter().map(|one| of(&one.result).as_bytes().to_vec()).collect()
    };
    sqlx::query!(
        "UPDATE report SET
             scanned_at = $1, vulndb_digest = $2, vulndb_built_at = $3, cvedb_version = $4,
             cvedb_create_time = $5, critical = new.critical, high = new.high,
             medium = new.medium, low = new.low, unknown = new.unknown, found = NULL,
             body = coalesce(new.body, report.body), body_digest = new.body_digest,
             findings_digest = new.findings_digest,
             verdict = coalesce(new.verdict, report.verdict),
             publish = report.publish OR new.verdict IS NOT NULL OR report.found IS NOT NULL
                       OR new.body IS NOT NULL AND EXISTS (SELECT FROM vex_document),
             rematch = false
         FROM unnest($6::integer[], $7::integer[], $8::integer[], $9::integer[], $10::integer[],
                     $11::integer[], $12::bytea[], $13::bytea[], $14::bytea[], $15::bytea[])
              AS new (id, critical, high, medium, low, unknown, body, body_digest,
                      findings_digest, verdict)
         WHERE report.id = new.id",
        first.result.scanned_at,
        vulndb.digest.as_bytes(),
        vulndb.built_at,
        vulndb.version,
        vulndb.create_time,
        &ids,
        &count(0),
        &count(1),
        &count(2),
        &count(3),
        &count(4),
        &bytes(|result| result.body.map(<[u8]>::to_vec)) as &[Option<Vec<u8>>],
        &digests(|result| result.body_digest),
        &digests(|result| result.findings_digest),
        &bytes(|result| result.verdict.map(<[u8]>::to_vec)) as &[Option<Vec<u8>>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Asks for the present database to be held against all images of a registry.
pub async fn rematch(conn: &mut PgConnection, registry: &str, vulndb: Digest) -> Result<u64> {
    let done = sqlx::query!(
        "WITH asked AS (
             SELECT id FROM report
             WHERE NOT rematch AND vulndb_digest <> $2
               AND digest IN (SELECT digest FROM image WHERE registry = $1)
             ORDER BY digest FOR NO KEY UPDATE)
         UPDATE report SET rematch = true FROM asked WHERE report.id = asked.id",
        registry,
        vulndb.as_bytes(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// The report on an image of a registry, by the digest of its manifest, of its
/// index, or of its configuration (the image id).
pub async fn get(
    conn: &mut PgConnection,
    registry: &str,
    digest: Digest,
) -> Result<Option<KeptReport>> {
    Ok(sqlx::query_as!(
        KeptReport,
        r#"SELECT report.scanned_at, report.cvedb_version, report.cvedb_create_time,
                  report.signatures::text AS signatures, report.body,
                  inventory.body AS "inventory?"
           FROM (SELECT one.digest FROM image_name AS one
                 WHERE one.registry = $1 AND one.digest = $2
                 UNION ALL
                 SELECT one.digest FROM image_name AS one
                 WHERE one.registry = $1 AND one.index_digest = $2
                 UNION ALL
                 SELECT called.digest FROM report AS called
                 WHERE called.image_id = $3
                   AND (SELECT true FROM image_name AS one
                        WHERE one.registry = $1 AND one.digest = called.digest LIMIT 1))
                AS wanted
           JOIN report ON report.digest = wanted.digest
           LEFT JOIN inventory ON inventory.digest = report.digest AND report.findings_only
           LIMIT 1"#,
        registry,
        digest.as_bytes(),
        digest.to_string(),
    )
    .fetch_optional(conn)
    .await?)
}

/// The report on an image of any registry, by the digest of its manifest or
/// of its index.
pub async fn get_of_image(conn: &mut PgConnection, digest: Digest) -> Result<Option<KeptReport>> {
    Ok(sqlx::query_as!(
        KeptReport,
        r#"SELECT report.scanned_at, report.cvedb_version, report.cvedb_create_time,
                  report.signatures::text AS signatures, report.body,
                  inventory.body AS "inventory?"
           FROM (SELECT $1::bytea AS digest
                 UNION ALL SELECT digest FROM image_name WHERE index_digest = $1) AS wanted
           JOIN report ON report.digest = wanted.digest
           LEFT JOIN inventory ON inventory.digest = report.digest AND report.findings_only
           LIMIT 1"#,
        digest.as_bytes(),
    )
    .fetch_optional(conn)
    .await?)
}

/// The report on an image of any registry, by the digest of its configuration.
pub async fn get_of_image_id(conn: &mut PgConnection, id: &str) -> Result<Option<KeptReport>> {
    Ok(sqlx::query_as!(
        KeptReport,
        r#"SELECT report.scanned_at, report.cvedb_version, report.cvedb_create_time,
                  report.signatures::text AS signatures, report.body,
                  inventory.body AS "inventory?"
           FROM report
           LEFT JOIN inventory ON inventory.digest = report.digest AND report.findings_only
           WHERE report.image_id = $1
           LIMIT 1"#,
        id,
    )
    .fetch_optional(conn)
    .await?)
}

/// Has every image that is found again scanned again, because what is looked
/// for has changed.
pub async fn expire(conn: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        "WITH every AS (
             SELECT id FROM report WHERE NOT rescan ORDER BY digest FOR NO KEY UPDATE)
         UPDATE report SET rescan = true FROM every WHERE report.id = every.id",
    )
    .execute(conn)
    .await?;
    Ok(())
}
