//! Which reports' verdicts are to be published, and what was: by the digest of the
//! manifest. What is accepted of the findings is judged when a verdict is published.

use palisade_api::Digest;
use sqlx::PgConnection;

use crate::store::{Result, StoreError};

/// A report whose verdict is to be published.
#[derive(Clone, Debug)]
pub struct Unpublished {
    /// Its id.
    pub id: i32,
    /// Digest of the manifest.
    pub digest: Digest,
    /// The encoded verdict without names.
    pub verdict: Vec<u8>,
    /// Names of the objects that were published before.
    pub published: Vec<String>,
}

/// Reports whose verdicts are to be published, locked until the transaction
/// ends; those that another replica publishes are passed over.
pub async fn lock_unpublished(conn: &mut PgConnection, limit: i64) -> Result<Vec<Unpublished>> {
    let rows = sqlx::query!(
        "SELECT id, digest, verdict, published FROM report WHERE publish
         ORDER BY digest LIMIT $1 FOR UPDATE SKIP LOCKED",
        limit,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Unpublished {
                id: row.id,
                digest: Digest::try_from(row.digest.as_slice())
                    .map_err(|error| StoreError::inconsistent("report", error))?,
                verdict: row.verdict,
                published: row.published,
            })
        })
        .collect()
}

/// Notes under which names a verdict is published now, and what counts where
/// not everything does: critical, high, medium, low, unknown. Without names the
/// report is removed: no image is left that it is about.
pub async fn published(
    conn: &mut PgConnection,
    digest: Digest,
    names: &[String],
    left: Option<[i32; 5]>,
) -> Result<bool> {
    let digest = digest.as_bytes();
    let done = if names.is_empty() {
        sqlx::query!("DELETE FROM inventory WHERE digest = $1", digest).execute(&mut *conn).await?;
        sqlx::query!("DELETE FROM report WHERE digest = $1", digest).execute(conn).await?
    } else {
        sqlx::query!(
            "UPDATE report SET
                 publish = false, published = $2,
                 critical = coalesce(($3::integer[])[1], found[1], critical),
                 high = coalesce(($3::integer[])[2], found[2], high),
                 medium = coalesce(($3::integer[])[3], found[3], medium),
                 low = coalesce(($3::integer[])[4], found[4], low),
                 unknown = coalesce(($3::integer[])[5], found[5], unknown),
                 found = CASE WHEN $3::integer[] IS NOT NULL
                              THEN coalesce(found, ARRAY[critical, high, medium, low, unknown])
                         END
             WHERE digest = $1",
            digest,
            names,
            left.as_ref().map(<[i32; 5]>::as_slice),
        )
        .execute(conn)
        .await?
    };
    Ok(done.rows_affected() == 1)
}

/// A report that may be judged otherwise than it is stored.
#[derive(Clone, Debug)]
pub struct TouchedReport {
    /// Digest of the manifest.
    pub digest: Vec<u8>,
    /// The findings, or the whole report; compressed.
    pub body: Vec<u8>,
    /// Whether it is the findings.
    pub findings_only: bool,
}

/// Reports with their findings, and without what the images hold.
pub async fn bodies(conn: &mut PgConnection, digests: &[Digest]) -> Result<Vec<TouchedReport>> {
    let digests: Vec<Vec<u8>> = digests.iter().map(|d| d.as_bytes().to_vec()).collect();
    Ok(sqlx::query_as!(
        TouchedReport,
        "SELECT digest, body, findings_only FROM report WHERE digest = ANY($1)",
        &digests,
    )
    .fetch_all(conn)
    .await?)
}

/// Those of the reports in which an entry of the vulnerability profile names
/// something, wherever it may hold.
pub async fn accepted_in(
    conn: &mut PgConnection,
    digests: &[Digest],
) -> Result<Vec<TouchedReport>> {
    let digests: Vec<Vec<u8>> = digests.iter().map(|d| d.as_bytes().to_vec()).collect();
    Ok(sqlx::query_as!(
        TouchedReport,
        "SELECT digest, body, findings_only FROM report
         WHERE digest = ANY($1) AND EXISTS (
             SELECT FROM finding
             JOIN vulnerable_package ON vulnerable_package.id = finding.vulnerable_package
             WHERE finding.report = report.id
               AND vulnerable_package.vulnerability IN (
                   SELECT vulnerability FROM accepted_vulnerability))",
        &digests,
    )
    .fetch_all(conn)
    .await?)
}

/// Asks for the publication of all reports on images of a registry, whose
/// names are about to change.
pub async fn republish(conn: &mut PgConnection, registry: &str) -> Result<u64> {
    let done = sqlx::query!(
        "WITH renamed AS (
             SELECT id FROM report
             WHERE digest IN (SELECT digest FROM image WHERE registry = $1)
             ORDER BY digest FOR NO KEY UPDATE)
         UPDATE report SET publish = true FROM renamed WHERE report.id = renamed.id",
        registry,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Asks for the publication of all reports: they are judged otherwise now.
/// Those that are being published are waited for, and published once more.
pub async fn republish_all(conn: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        "WITH every AS (SELECT id FROM report ORDER BY digest FOR NO KEY UPDATE)
         UPDATE report SET publish = true FROM every WHERE report.id = every.id",
    )
    .execute(conn)
    .await?;
    Ok(())
}
