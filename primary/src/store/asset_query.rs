//! Queries that clients page through.

use std::time::Duration;

use sqlx::{PgConnection, PgTransaction};
use uuid::Uuid;

use super::Result;

/// Queries that one caller may have open.
const MOST_OF_CALLER: i64 = 16;

/// What a query is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssetKind {
    /// Vulnerabilities.
    Vulnerability,
    /// Images.
    Image,
}

impl AssetKind {
    const fn text(self) -> &'static str {
        match self {
            Self::Vulnerability => "vulnerability",
            Self::Image => "image",
        }
    }
}

/// Keeps a query; the caller's oldest ones go.
pub async fn put(
    tx: &mut PgTransaction<'_>,
    id: Uuid,
    caller: &str,
    kind: AssetKind,
    filter: &str,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO asset_query (id, caller, kind, filter) VALUES ($1, $2, $3, $4::text::json)",
        id,
        caller,
        kind.text(),
        filter.replace("\\u0000", "\\ufffd"),
    )
    .execute(&mut **tx)
    .await?;
    // What another call of the caller is deleting is left to it: to wait for it could be
    // to wait for each other.
    sqlx::query!(
        "DELETE FROM asset_query WHERE id IN (
             SELECT id FROM asset_query WHERE id IN (
                 SELECT id FROM asset_query WHERE caller = $1 ORDER BY asked_at DESC OFFSET $2)
             FOR UPDATE SKIP LOCKED)",
        caller,
        MOST_OF_CALLER,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The filter of a query of this caller.
pub async fn get(
    conn: &mut PgConnection,
    id: Uuid,
    caller: &str,
    kind: AssetKind,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        r#"SELECT filter::text AS "filter!" FROM asset_query
           WHERE id = $1 AND caller = $2 AND kind = $3"#,
        id,
        caller,
        kind.text(),
    )
    .fetch_optional(conn)
    .await?)
}

/// Forgets queries older than `kept`.
pub async fn sweep(conn: &mut PgConnection, kept: Duration) -> Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM asset_query WHERE asked_at < now() - make_interval(secs => $1)",
        kept.as_secs_f64(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
