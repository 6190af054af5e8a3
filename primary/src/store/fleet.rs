//! All clusters in numbers.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use palisade_api::ClusterId;
use sqlx::PgConnection;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::Result;
use super::event::count::{DENIALS, GRAVE};
use super::within::Within;

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
    let rows = sqlx::query_as!(
        Row,
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
    Ok(rows.into_iter().map(Row::counts).collect())
}

#[derive(sqlx::FromRow)]
struct Row {
    cluster_id: Uuid,
    nodes: i64,
    workloads: i64,
    images: i64,
    scanned: i64,
    critical: i64,
    high: i64,
    events: i64,
    grave: i64,
    denials: i64,
}

impl Row {
    fn counts(self) -> (ClusterId, ClusterCounts) {
        let counts = ClusterCounts {
            nodes: self.nodes,
            workloads: self.workloads,
            images: self.images,
            scanned_images: self.scanned,
            critical: self.critical,
            high: self.high,
            events: self.events,
            grave_events: self.grave,
            denials: self.denials,
        };
        (ClusterId::from_uuid(self.cluster_id), counts)
    }
}

/// The same of what there is for whoever asks. Of namespaces no counts are kept:
/// workloads and events are counted, and nodes, which have none, are not.
pub async fn counts_within(
    conn: &mut PgConnection,
    since: DateTime<Utc>,
    within: &Within,
) -> Result<HashMap<ClusterId, ClusterCounts>> {
    if within.has_whole_clusters() {
        let mut all = counts(conn, since).await?;
        all.retain(|cluster, _| within.has(cluster.as_uuid()));
        return Ok(all);
    }
    let mut sql = QueryBuilder::<Postgres>::new("");
    within.push(&mut sql);
    sql.push(
        "SELECT cluster_id, 0::bigint AS nodes, coalesce(runs.workloads, 0) AS workloads,
                coalesce(found.images, 0) AS images, coalesce(found.scanned, 0) AS scanned,
                coalesce(found.critical, 0) AS critical, coalesce(found.high, 0) AS high,
                coalesce(told.events, 0) AS events, coalesce(told.grave, 0) AS grave,
                coalesce(told.denials, 0) AS denials
         FROM (SELECT cluster_id, count(*) AS workloads FROM workload GROUP BY cluster_id) AS runs
         FULL JOIN (SELECT spread.cluster_id, count(*) AS images,
                           count(image.scanned_at) AS scanned,
                           sum(image.critical)::bigint AS critical,
                           sum(image.high)::bigint AS high
                    FROM cluster_image AS spread
                    JOIN running_image AS image ON image.id = spread.running_image
                    GROUP BY spread.cluster_id) AS found USING (cluster_id)
         FULL JOIN (SELECT cluster_id, count(*) AS events, count(*) FILTER (WHERE level = ANY (",
    );
    sql.push_bind(GRAVE.map(str::to_owned).to_vec());
    sql.push(")) AS grave, count(*) FILTER (WHERE name = ANY (");
    sql.push_bind(DENIALS.map(str::to_owned).to_vec());
    sql.push(")) AS denials FROM event WHERE at >= ").push_bind(since);
    sql.push(" GROUP BY cluster_id) AS told USING (cluster_id)");
    let rows: Vec<Row> = sql.build_query_as().fetch_all(conn).await?;
    Ok(rows.into_iter().map(Row::counts).collect())
}
