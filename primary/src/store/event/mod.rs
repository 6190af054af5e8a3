//! Events of members, as they sent them.
//!
//! They stand in partitions of a day: [`partition`]; [`list`] asks for them,
//! [`count`] and [`tally`] know how many there were, [`image`] what images they are
//! about, [`kind`] which kinds there are, [`review`] what was to be admitted, [`own`]
//! tells what the primary did.

pub mod count;
pub mod image;
pub mod kind;
pub mod list;
pub mod own;
pub mod partition;
pub mod review;
pub mod tally;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use palisade_api::ClusterId;
use palisade_api::rest::event::category;
use serde_json::value::RawValue;
use sqlx::types::Json;
use sqlx::{PgConnection, PgTransaction, Postgres, QueryBuilder};
use uuid::Uuid;

use super::within::Within;
use super::{Result, StoreError};
use count::Counts;
use image::NewImages;
use review::NewReviews;

/// An event to be stored.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Its number among the events of its member.
    pub seq: u64,
    /// When it happened, by the member's clock.
    pub at: DateTime<Utc>,
    /// For example `Admission.Control.Denied`.
    pub name: String,
    /// For example `Warning`.
    pub level: String,
    /// The log that shows it.
    pub category: String,
    /// The namespace that it is about, or empty.
    pub namespace: String,
    /// The image that it is about, or empty.
    pub image: String,
    /// The record as the REST list of that log shows it.
    pub detail: Box<RawValue>,
}

/// What one member sent at once.
#[derive(Clone, Debug)]
pub struct Received {
    /// The member.
    pub cluster: ClusterId,
    /// The newest number of what it sent, stored or not.
    pub newest: u64,
    /// Its events; their days must have partitions.
    pub events: Vec<NewEvent>,
}

/// Stores the events that were not received before, and counts them by the
/// hour. Returns how many those were.
pub async fn insert(tx: &mut PgTransaction<'_>, received: &[Received]) -> Result<u64> {
    let clusters: Vec<ClusterId> = received.iter().map(|one| one.cluster).collect();
    let mut seen = positions(tx, &clusters).await?;
    let mut columns = Columns::default();
    let mut counts = Counts::default();
    let mut reviews = NewReviews::default();
    let mut images = NewImages::default();
    for one in received {
        let last = seen.entry(one.cluster).or_default();
        let before = *last;
        for event in one.events.iter().filter(|event| event.seq > before) {
            if event.category == category::REVIEW {
                reviews.add(one.cluster, event);
                continue;
            }
            counts.add(one.cluster, event);
            images.add(event);
            columns.push(one.cluster, event)?;
        }
        *last = before.max(one.newest);
    }
    let stored = columns.insert(tx).await?;
    reviews.write(tx).await?;
    let (clusters, numbers): (Vec<Uuid>, Vec<i64>) = seen
        .into_iter()
        .map(|(cluster, seq)| (cluster.as_uuid(), i64::try_from(seq).unwrap_or(i64::MAX)))
        .unzip();
    sqlx::query!(
        "UPDATE event_position SET seq = sent.seq
         FROM unnest($1::uuid[], $2::bigint[]) AS sent (cluster_id, seq)
         WHERE event_position.cluster_id = sent.cluster_id AND event_position.seq < sent.seq",
        &clusters,
        &numbers,
    )
    .execute(&mut **tx)
    .await?;
    counts.write(tx).await?;
    images.write(tx).await?;
    Ok(stored)
}

/// The newest numbers that were received of members, which nobody else changes
/// until the transaction ends.
async fn positions(
    tx: &mut PgTransaction<'_>,
    clusters: &[ClusterId],
) -> Result<BTreeMap<ClusterId, u64>> {
    let mut wanted: Vec<Uuid> = clusters.iter().map(ClusterId::as_uuid).collect();
    wanted.sort_unstable();
    wanted.dedup();
    loop {
        let rows = sqlx::query!(
            "SELECT cluster_id, seq FROM event_position WHERE cluster_id = ANY($1)
             ORDER BY cluster_id FOR UPDATE",
            &wanted,
        )
        .fetch_all(&mut **tx)
        .await?;
        if rows.len() == wanted.len() {
            return Ok(rows
                .into_iter()
                .map(|row| {
                    let seq = u64::try_from(row.seq).unwrap_or_default();
                    (ClusterId::from_uuid(row.cluster_id), seq)
                })
                .collect());
        }
        sqlx::query!(
            "INSERT INTO event_position (cluster_id, seq)
             SELECT cluster_id, 0 FROM unnest($1::uuid[]) AS wanted (cluster_id)
             ON CONFLICT DO NOTHING",
            &wanted,
        )
        .execute(&mut **tx)
        .await?;
    }
}

/// What was newest of each cluster that there is for whoever asks, as a number
/// that differs whenever something came.
pub async fn newest_of_each(
    conn: &mut PgConnection,
    within: &Within,
) -> Result<Vec<(ClusterId, i64)>> {
    let mut sql = QueryBuilder::<Postgres>::new("");
    if within.has_whole_clusters() {
        sql.push("SELECT cluster_id, seq FROM event_position WHERE true");
        if let Some(clusters) = within.clusters() {
            sql.push(" AND cluster_id = ANY (").push_bind(clusters.to_vec()).push(")");
        }
    } else {
        within.push(&mut sql);
        // What is late by more than that is read with the next that is not.
        sql.push(
            "SELECT cluster_id, max(seq) FROM event
             WHERE at > now() - interval '1 hour' GROUP BY cluster_id",
        );
    }
    sql.push(" ORDER BY cluster_id");
    let rows: Vec<(Uuid, i64)> = sql.build_query_as().fetch_all(conn).await?;
    Ok(rows.into_iter().map(|(cluster, seq)| (ClusterId::from_uuid(cluster), seq)).collect())
}

/// The number of the newest event that was received of a member; 0 before the
/// first.
pub async fn last_seq(conn: &mut PgConnection, cluster: ClusterId) -> Result<u64> {
    let last = sqlx::query_scalar!(
        "SELECT seq FROM event_position WHERE cluster_id = $1",
        cluster.as_uuid(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(last.and_then(|seq| u64::try_from(seq).ok()).unwrap_or_default())
}

#[derive(Default)]
struct Columns {
    clusters: Vec<Uuid>,
    seqs: Vec<i64>,
    at: Vec<DateTime<Utc>>,
    names: Vec<String>,
    levels: Vec<String>,
    categories: Vec<String>,
    namespaces: Vec<String>,
    images: Vec<String>,
    details: Vec<Json<Box<RawValue>>>,
}

impl Columns {
    fn push(&mut self, cluster: ClusterId, event: &NewEvent) -> Result<()> {
        let seq = i64::try_from(event.seq).map_err(|e| StoreError::inconsistent("event", e))?;
        self.clusters.push(cluster.as_uuid());
        self.seqs.push(seq);
        self.at.push(event.at);
        self.names.push(event.name.clone());
        self.levels.push(event.level.clone());
        self.categories.push(event.category.clone());
        self.namespaces.push(event.namespace.clone());
        self.images.push(event.image.clone());
        self.details.push(Json(event.detail.clone()));
        Ok(())
    }

    async fn insert(&self, tx: &mut PgTransaction<'_>) -> Result<u64> {
        let done = sqlx::query!(
            "INSERT INTO event (cluster_id, seq, at, name, level, category, namespace, image,
                                detail)
             SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::text[],
                                  $5::text[], $6::text[], $7::text[], $8::text[], $9::json[])",
            &self.clusters,
            &self.seqs,
            &self.at,
            &self.names,
            &self.levels,
            &self.categories,
            &self.namespaces,
            &self.images,
            &self.details as &[Json<Box<RawValue>>],
        )
        .execute(&mut **tx)
        .await?;
        Ok(done.rows_affected())
    }
}
