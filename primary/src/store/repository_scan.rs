//! Scans of single images that CI and Harbor ask for.

use std::time::Duration;

use sqlx::{PgConnection, PgTransaction};
use uuid::Uuid;

use super::Result;

/// A scan that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct NewScan<'a> {
    /// Its id, if it is not there yet.
    pub id: Uuid,
    /// Who asked for what; none when each request is one of its own.
    pub request_digest: Option<&'a [u8]>,
    /// The sealed request.
    pub sealed_request: &'a [u8],
}

/// The scan that a request leads to.
#[derive(Clone, Copy, Debug)]
pub struct AskedScan {
    /// Its id.
    pub id: Uuid,
    /// Whether it was not there before.
    pub new: bool,
}

/// How a scan ended.
#[derive(Clone, Debug)]
pub struct EndedScan {
    /// Number of the reason; 0 when it succeeded.
    pub outcome: i16,
    /// What went wrong.
    pub detail: String,
    /// The compressed report, where there is one.
    pub body: Option<Vec<u8>>,
    /// The sealed request.
    pub sealed_request: Vec<u8>,
}

/// Asks for a scan, unless the same request waits for one already. A new one
/// gets its job.
pub async fn ask(tx: &mut PgTransaction<'_>, new: &NewScan<'_>) -> Result<AskedScan> {
    let asked = sqlx::query_as!(
        AskedScan,
        r#"INSERT INTO repository_scan (id, request_digest, sealed_request) VALUES ($1, $2, $3)
           ON CONFLICT ON CONSTRAINT repository_scan_request_digest_key
               DO UPDATE SET request_digest = excluded.request_digest
           RETURNING id, id = $1 AS "new!""#,
        new.id,
        new.request_digest,
        new.sealed_request,
    )
    .fetch_one(&mut **tx)
    .await?;
    if asked.new {
        // Somebody waits: such scans come before those of registries.
        sqlx::query!(
            "INSERT INTO job (kind, repository_scan, run_after)
             VALUES ('repository', $1, '-infinity')",
            asked.id,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(asked)
}

/// How many scans wait or run.
pub async fn waiting(conn: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM job WHERE kind = 'repository'"#)
        .fetch_one(conn)
        .await?)
}

/// The sealed request of a scan that has not ended.
pub async fn request(conn: &mut PgConnection, id: Uuid) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        "SELECT sealed_request FROM repository_scan WHERE id = $1 AND ended_at IS NULL",
        id,
    )
    .fetch_optional(conn)
    .await?)
}

/// Notes how a scan ended.
pub async fn end(
    conn: &mut PgConnection,
    id: Uuid,
    outcome: i16,
    detail: &str,
    body: Option<&[u8]>,
) -> Result<()> {
    sqlx::query!(
        "UPDATE repository_scan SET ended_at = now(), outcome = $2, detail = $3, body = $4
         WHERE id = $1",
        id,
        outcome,
        detail.replace('\0', "\u{fffd}"),
        body,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a scan has ended; none when there is no such scan.
pub async fn has_ended(conn: &mut PgConnection, id: Uuid) -> Result<Option<bool>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT ended_at IS NOT NULL AS "ended!" FROM repository_scan WHERE id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await?)
}

/// How a scan ended, for each who asks.
pub async fn get_ended(conn: &mut PgConnection, id: Uuid) -> Result<Option<EndedScan>> {
    Ok(sqlx::query_as!(
        EndedScan,
        "SELECT outcome, detail, body, sealed_request FROM repository_scan
         WHERE id = $1 AND ended_at IS NOT NULL",
        id,
    )
    .fetch_optional(conn)
    .await?)
}

/// How a scan ended, for the first who asks: it is forgotten with that.
pub async fn claim(conn: &mut PgConnection, id: Uuid) -> Result<Option<EndedScan>> {
    Ok(sqlx::query_as!(
        EndedScan,
        "DELETE FROM repository_scan WHERE id = $1 AND ended_at IS NOT NULL
         RETURNING outcome, detail, body, sealed_request",
        id,
    )
    .fetch_optional(conn)
    .await?)
}

/// Forgets scans whose end nobody asked for within `kept`.
pub async fn sweep(conn: &mut PgConnection, kept: Duration) -> Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM repository_scan WHERE ended_at < now() - make_interval(secs => $1)",
        kept.as_secs_f64(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
