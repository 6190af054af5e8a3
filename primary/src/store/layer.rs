//! What was read of layers, by their digests, for all replicas and images.

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use sqlx::PgConnection;

use super::{Result, StoreError};

/// A layer that something is known of.
#[derive(Clone, Debug)]
pub struct KnownLayer {
    /// Digest of the layer as the registry stores it.
    pub digest: Digest,
    /// Bytes that are stored of it.
    pub size: i32,
    /// How often it was found here.
    pub reference_count: i64,
    /// When it was found here last, or stored.
    pub used_at: DateTime<Utc>,
}

/// How much is known of layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerTotal {
    /// Layers.
    pub count: i64,
    /// Bytes that are stored of them.
    pub size: i64,
}

/// What was read of a layer by a reader of this `format`, compressed. It
/// counts as used.
pub async fn take(conn: &mut PgConnection, layer: Digest, format: i32) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        "UPDATE layer SET used_at = now(), reference_count = reference_count + 1
         WHERE digest = $1 AND format = $2 RETURNING body",
        layer.as_bytes(),
        format,
    )
    .fetch_optional(conn)
    .await?)
}

/// Keeps what was read of a layer.
pub async fn put(conn: &mut PgConnection, layer: Digest, format: i32, body: &[u8]) -> Result<()> {
    sqlx::query!(
        "INSERT INTO layer (digest, format, body, size) VALUES ($1, $2, $3, $4)
         ON CONFLICT (digest) DO UPDATE SET
             format = excluded.format, body = excluded.body, size = excluded.size,
             used_at = now()",
        layer.as_bytes(),
        format,
        body,
        i32::try_from(body.len()).unwrap_or(i32::MAX),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets the layers that were used least lately, down to `most` bytes.
pub async fn shrink(conn: &mut PgConnection, most: i64) -> Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM layer USING (
             SELECT digest, sum(size) OVER (ORDER BY used_at DESC, digest) AS total FROM layer
         ) AS counted
         WHERE layer.digest = counted.digest AND counted.total > $1::bigint",
        most,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// How much is known.
pub async fn total(conn: &mut PgConnection) -> Result<LayerTotal> {
    Ok(sqlx::query_as!(
        LayerTotal,
        r#"SELECT count(*) AS "count!", coalesce(sum(size), 0)::bigint AS "size!" FROM layer"#,
    )
    .fetch_one(conn)
    .await?)
}

/// The layers, those used last first.
pub async fn list(conn: &mut PgConnection, start: i64, limit: i64) -> Result<Vec<KnownLayer>> {
    let rows = sqlx::query!(
        "SELECT digest, size, reference_count, used_at FROM layer
         ORDER BY used_at DESC, digest OFFSET $1 LIMIT $2",
        start,
        limit,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(KnownLayer {
                digest: Digest::try_from(row.digest.as_slice())
                    .map_err(|error| StoreError::inconsistent("layer", error))?,
                size: row.size,
                reference_count: row.reference_count,
                used_at: row.used_at,
            })
        })
        .collect()
}
