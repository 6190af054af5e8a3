//! Looks at single tags that end while their registry is listed: a listing takes its time, and
//! what it saw of these may be older.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::PgTransaction;

use super::Result;

/// Begins to change what names of a registry lead to, and comes before everything else that
/// does so. Who is about the same registry waits.
pub async fn lock(tx: &mut PgTransaction<'_>, registry: &str) -> Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtext('image_look'), hashtext($1))", registry)
        .fetch_one(&mut **tx)
        .await?;
    Ok(())
}

/// Notes that a registry has told whoever began to look at `began_at` what a tag leads to, or that it
/// is gone, where somebody may be listing the registry.
pub async fn note(
    tx: &mut PgTransaction<'_>,
    registry: &str,
    (repository, tag): (&str, &str),
    began_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO image_look (registry, repository, tag, looked_at)
         SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT FROM job WHERE kind = 'list' AND registry = $1)
         ON CONFLICT (registry, repository, tag) DO UPDATE SET looked_at = excluded.looked_at",
        registry,
        repository,
        tag,
        began_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes back that somebody looked: who failed knows no more than a listing that saw the tag.
pub async fn forget(
    tx: &mut PgTransaction<'_>,
    registry: &str,
    repository: &str,
    tag: &str,
) -> Result<()> {
    sqlx::query!(
        "DELETE FROM image_look WHERE registry = $1 AND repository = $2 AND tag = $3",
        registry,
        repository,
        tag,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Repositories and tags of which somebody began to look since a listing did, which now ends. What
/// an earlier look was told may be older than what the listing saw.
pub async fn take(
    tx: &mut PgTransaction<'_>,
    registry: &str,
    since: DateTime<Utc>,
) -> Result<HashSet<(String, String)>> {
    let rows = sqlx::query!(
        r#"DELETE FROM image_look WHERE registry = $1
           RETURNING repository, tag, looked_at >= $2 AS "is_since!""#,
        registry,
        since,
    )
    .fetch_all(&mut **tx)
    .await?;
    let since = rows.into_iter().filter(|row| row.is_since);
    Ok(since.map(|row| (row.repository, row.tag)).collect())
}
