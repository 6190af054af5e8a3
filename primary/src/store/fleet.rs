//! All clusters in numbers.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use palisade_api::ClusterId;
use sqlx::PgConnection;

use super::Result;

/// A cluster in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClusterCounts {
    /// Nodes that are seen.
    pub nodes: i64,
    /// Workloads that run.
    pub workloads: i64,
    /// Images that run.
    pub images: i64,
    /// Those that were scanned.
    pub scanned_images: i64,
    /// Critical vulnerabilities of the images that run.
    pub critical: i64,
    /// High ones.
    pub high: i64,
    /// Events.
    pub events: i64,
    /// Grave ones.
    pub grave_events: i64,
    /// Requests that were denied or would have been.
    pub denials: i64,
}

/// What is known of each cluster, with the events of the hours that began
/// since `since`. Clusters of which nothing is known are left out.
pub async fn counts(
    conn: &mut PgConnection,
    since: DateTime<Utc>,
) -> Result<HashMap<ClusterId, ClusterCounts>> {
    let rows = sqlx::query!(
        r#"WITH events AS (
               SELECT cluster_id, sum(events)::bigint AS events, sum(grave)::bigint AS grave,
                      sum(denials)::bigint AS denials
               FROM event_count WHERE hour >= $1 GROUP BY cluster_id),
           found AS (
               SELECT spread.cluster_id, count(image.scanned_at) AS scanned,
                      sum(image.critical)::bigint AS critical, sum(image.high)::bigint AS high
               FROM cluster_image AS spread
               JOIN running_image AS image ON image.id = spread.running_image
               GROUP BY spread.cluster_id)
           SELECT cluster_id AS "cluster_id!", coalesce(state.nodes, 0)::bigint AS "nodes!",
                  coalesce(state.workloads, 0)::bigint AS "workloads!",
                  coalesce(state.images, 0)::bigint AS "images!",
                  coalesce(found.scanned, 0) AS "scanned!",
                  coalesce(found.critical, 0) AS "critical!", coalesce(found.high, 0) AS "high!",
                  coalesce(events.events, 0) AS "events!", coalesce(events.grave, 0) AS "grave!",
                  coalesce(events.denials, 0) AS "denials!"
           FROM workload_state AS state
           FULL JOIN found USING (cluster_id)
           FULL JOIN events USING (cluster_id)"#,
        since,
    )
    .fetch_all(conn)
    .await?;
    let of = rows.into_iter().map(|row| {
        let counts = ClusterCounts {
            nodes: row.nodes,
            workloads: row.workloads,
            images: row.images,
            scanned_images: row.scanned,
            critical: row.critical,
            high: row.high,
            events: row.events,
            grave_events: row.grave,
            denials: row.denials,
        };
        (ClusterId::from_uuid(row.cluster_id), counts)
    });
    Ok(of.collect())
}
