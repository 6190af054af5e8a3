//! All images that were scanned, of registries and by themselves.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Result;

/// What a page of images is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageOrder {
    /// By repository and tag.
    Repository,
    /// By image id.
    ImageId,
    /// By operating system.
    BaseOs,
    /// By size.
    Size,
    /// By the time when it was made.
    CreatedAt,
    /// By the time of the scan.
    ScannedAt,
    /// By the number of vulnerabilities, critical ones first.
    Vulnerabilities,
}

impl ImageOrder {
    const fn text(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::ImageId => "image_id",
            Self::BaseOs => "base_os",
            Self::Size => "size",
            Self::CreatedAt => "created_at",
            Self::ScannedAt => "scanned_at",
            Self::Vulnerabilities => "vulnerabilities",
        }
    }
}

/// An image by one of its names, with the summary of its scan.
#[derive(Clone, Debug)]
pub struct NamedReport {
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
    /// What lists show that no database changes, JSON.
    pub summary: String,
    /// Digest of the configuration.
    pub image_id: String,
    /// The operating system.
    pub base_os: String,
    /// Bytes as stored.
    pub size: i64,
    /// When it was scanned.
    pub scanned_at: DateTime<Utc>,
    /// Version of the vulnerability database.
    pub cvedb_version: String,
    /// When that was made.
    pub cvedb_create_time: String,
    /// Critical vulnerabilities that count.
    pub critical: i32,
    /// High ones.
    pub high: i32,
    /// Medium ones.
    pub medium: i32,
    /// Low ones.
    pub low: i32,
    /// How many there are in all.
    pub matched: i64,
}

/// A page of the images whose name fits a pattern of LIKE. What is shown besides what they
/// are ordered by is read of the page alone.
pub async fn page(
    conn: &mut PgConnection,
    name: Option<&str>,
    order: ImageOrder,
    descending: bool,
    start: i64,
    limit: i64,
) -> Result<Vec<NamedReport>> {
    Ok(sqlx::query_as!(
        NamedReport,
        r#"WITH matched AS MATERIALIZED (
               SELECT image.registry, image.url, image.repository, image.tag, report.id,
                      CASE $2::text WHEN 'image_id' THEN report.image_id
                              WHEN 'base_os' THEN report.base_os
                              WHEN 'created_at' THEN report.summary->>'created_at' END AS text,
                      CASE WHEN $3 THEN -1 ELSE 1 END * CASE $2
                          WHEN 'size' THEN report.size
                          WHEN 'scanned_at' THEN extract(epoch FROM report.scanned_at)
                          WHEN 'vulnerabilities' THEN report.critical * 1e8::float8
                              + report.high * 1e4::float8 + report.medium
                          ELSE 0
                      END::float8 AS weight
               FROM image_name AS image JOIN report ON report.digest = image.digest
               WHERE $1::text IS NULL OR image.repository || ':' || image.tag ILIKE $1),
           page AS MATERIALIZED (
               SELECT ordered.*, row_number() OVER () AS place FROM (
                   SELECT one.registry, one.url, one.repository, one.tag, one.id FROM matched AS one
                   ORDER BY CASE WHEN NOT $3 THEN one.text END,
                            CASE WHEN $3 THEN one.text END DESC,
                            one.weight,
                            CASE WHEN $2 = 'repository' AND $3 THEN one.repository END DESC,
                            CASE WHEN $2 = 'repository' AND $3 THEN one.tag END DESC,
                            one.repository, one.tag, one.registry
                   OFFSET $4 LIMIT $5) AS ordered)
           SELECT page.registry AS "registry!", page.url AS "url!",
                  page.repository AS "repository!", page.tag AS "tag!",
                  report.digest, report.summary::text AS "summary!", report.image_id,
                  report.base_os, report.size, report.scanned_at, report.cvedb_version,
                  report.cvedb_create_time, report.critical, report.high, report.medium,
                  report.low, (SELECT count(*) FROM matched) AS "matched!"
           FROM page JOIN report ON report.id = page.id
           ORDER BY page.place"#,
        name,
        order.text(),
        descending,
        start,
        limit,
    )
    .fetch_all(conn)
    .await?)
}
