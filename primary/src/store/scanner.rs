//! Who scans: workers and the replicas of the primary.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Result;

/// A scanner that was heard of lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanner {
    /// The member's id, or the replica's.
    pub id: Uuid,
    /// The member's name, or the replica's host.
    pub server: String,
    /// Scans at a time.
    pub slots: i32,
    /// When it came.
    pub joined_at: DateTime<Utc>,
    /// Images that it has scanned.
    pub scanned_images: i64,
    /// Layers that it found read already.
    pub cache_hits: i64,
    /// Layers that it did not.
    pub cache_misses: i64,
}

/// Records that a scanner is there.
pub async fn seen(conn: &mut PgConnection, id: Uuid, server: &str, slots: i32) -> Result<()> {
    sqlx::query!(
        "INSERT INTO scanner (id, server, slots, joined_at, seen_at)
         VALUES ($1, $2, $3, now(), now())
         ON CONFLICT (id) DO UPDATE
         SET server = excluded.server, slots = excluded.slots, seen_at = excluded.seen_at",
        id,
        server,
        slots,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts an image that the scanner has scanned.
pub async fn scanned(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    sqlx::query!("UPDATE scanner SET scanned_images = scanned_images + 1 WHERE id = $1", id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Counts a layer that the scanner looked for among those that were read.
pub async fn looked_up(conn: &mut PgConnection, id: Uuid, found: bool) -> Result<()> {
    sqlx::query!(
        "UPDATE scanner SET cache_hits = cache_hits + CASE WHEN $2 THEN 1 ELSE 0 END,
                            cache_misses = cache_misses + CASE WHEN $2 THEN 0 ELSE 1 END
         WHERE id = $1",
        id,
        found,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Records that a scanner went away.
pub async fn gone(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    sqlx::query!("UPDATE scanner SET seen_at = '-infinity' WHERE id = $1", id)
        .execute(conn)
        .await?;
    Ok(())
}

/// The scanners that were heard of within `lately`, oldest first.
pub async fn list(conn: &mut PgConnection, lately: Duration) -> Result<Vec<Scanner>> {
    Ok(sqlx::query_as!(
        Scanner,
        "SELECT id, server, slots, joined_at, scanned_images, cache_hits, cache_misses
         FROM scanner
         WHERE seen_at > now() - make_interval(secs => $1) ORDER BY joined_at, id",
        lately.as_secs_f64(),
    )
    .fetch_all(conn)
    .await?)
}
