//! Events of members, as they sent them.

use chrono::{DateTime, Utc};
use palisade_api::ClusterId;
use serde_json::value::RawValue;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Result, StoreError};

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
    /// The record as the REST list of that log shows it.
    pub detail: Box<RawValue>,
}

/// A stored event.
#[derive(Clone, Debug)]
pub struct Event {
    /// The member that sent it.
    pub cluster: ClusterId,
    /// The member's name; empty when nobody knows it any more.
    pub cluster_name: String,
    /// What it sent.
    pub event: NewEvent,
}

/// Which events to list, newest first.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Of this member only.
    pub cluster: Option<ClusterId>,
    /// Of this name only.
    pub name: Option<String>,
    /// Of this category only.
    pub category: Option<String>,
    /// So many are left out at first.
    pub start: i64,
    /// At most so many.
    pub limit: i64,
}

/// An event of this primary itself.
#[derive(Debug)]
pub struct OwnEvent<'a> {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// For example `Scanner.Database.Outdated`.
    pub name: &'a str,
    /// For example `Warning`.
    pub level: &'a str,
    /// The log that shows it.
    pub category: &'a str,
    /// The record as the REST list of that log shows it.
    pub detail: &'a palisade_api::rest::event::Event,
    /// It is told once since then, whatever replica tells it.
    pub not_since: DateTime<Utc>,
}

/// Stores an event of the primary `primary`, unless the same was stored
/// lately. Replicas that tell it together store it once.
pub async fn insert_own(
    conn: &mut PgConnection,
    primary: ClusterId,
    event: &OwnEvent<'_>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO event (cluster_id, seq, at, name, level, category, detail)
         SELECT $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6 FROM event
         WHERE cluster_id = $1
         HAVING NOT coalesce(bool_or(name = $3 AND at > $7
                                     AND detail ->> 'message' = $6::json ->> 'message'), false)
         ON CONFLICT ON CONSTRAINT event_pkey DO NOTHING",
        primary.as_uuid(),
        event.at,
        event.name,
        event.level,
        event.category,
        Json(event.detail) as _,
        event.not_since,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Stores the events that are not stored yet. Returns how many those were.
pub async fn insert(
    conn: &mut PgConnection,
    cluster: ClusterId,
    events: Vec<NewEvent>,
) -> Result<u64> {
    let mut columns = Columns::default();
    for event in events {
        columns.push(event)?;
    }
    let done = sqlx::query!(
        "INSERT INTO event (cluster_id, seq, at, name, level, category, detail)
         SELECT $1, sent.* FROM unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::text[],
                                       $6::text[], $7::json[]) AS sent
         ON CONFLICT ON CONSTRAINT event_pkey DO NOTHING",
        cluster.as_uuid(),
        &columns.seqs,
        &columns.at,
        &columns.names,
        &columns.levels,
        &columns.categories,
        &columns.details as &[Json<Box<RawValue>>],
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// The number of the newest stored event of a member; 0 before the first.
pub async fn last_seq(conn: &mut PgConnection, cluster: ClusterId) -> Result<u64> {
    let last =
        sqlx::query_scalar!("SELECT max(seq) FROM event WHERE cluster_id = $1", cluster.as_uuid(),)
            .fetch_one(conn)
            .await?;
    Ok(last.and_then(|seq| u64::try_from(seq).ok()).unwrap_or_default())
}

/// Deletes up to `limit` events that happened before `before`. The newest of
/// each member stays: its number tells what was received.
pub async fn forget(conn: &mut PgConnection, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM event USING (
             SELECT old.cluster_id, old.seq FROM event AS old
             WHERE old.at < $1
                   AND old.seq < (SELECT max(newest.seq) FROM event AS newest
                                  WHERE newest.cluster_id = old.cluster_id)
             ORDER BY old.at
             LIMIT $2
         ) AS forgotten
         WHERE event.cluster_id = forgotten.cluster_id AND event.seq = forgotten.seq",
        before,
        limit,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Events of all members, newest first.
pub async fn list(conn: &mut PgConnection, filter: &EventFilter) -> Result<Vec<Event>> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT event.cluster_id, coalesce(member.name, '') AS "cluster_name!", event.seq,
                  event.at, event.name, event.level, event.category,
                  event.detail AS "detail: Json<Box<RawValue>>"
           FROM event LEFT JOIN member ON member.id = event.cluster_id
           WHERE ($1::uuid IS NULL OR event.cluster_id = $1)
                 AND ($2::text IS NULL OR event.name = $2)
                 AND ($3::text IS NULL OR event.category = $3)
           ORDER BY event.at DESC, event.cluster_id, event.seq DESC
           OFFSET $4 LIMIT $5"#,
        filter.cluster.map(|cluster| cluster.as_uuid()),
        filter.name,
        filter.category,
        filter.start.max(0),
        filter.limit,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Event::try_from).collect()
}

struct Row {
    cluster_id: Uuid,
    cluster_name: String,
    seq: i64,
    at: DateTime<Utc>,
    name: String,
    level: String,
    category: String,
    detail: Json<Box<RawValue>>,
}

impl TryFrom<Row> for Event {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            cluster: ClusterId::from_uuid(row.cluster_id),
            cluster_name: row.cluster_name,
            event: NewEvent {
                seq: u64::try_from(row.seq).map_err(|e| StoreError::inconsistent("event", e))?,
                at: row.at,
                name: row.name,
                level: row.level,
                category: row.category,
                detail: row.detail.0,
            },
        })
    }
}

#[derive(Default)]
struct Columns {
    seqs: Vec<i64>,
    at: Vec<DateTime<Utc>>,
    names: Vec<String>,
    levels: Vec<String>,
    categories: Vec<String>,
    details: Vec<Json<Box<RawValue>>>,
}

impl Columns {
    fn push(&mut self, event: NewEvent) -> Result<()> {
        let seq = i64::try_from(event.seq).map_err(|e| StoreError::inconsistent("event", e))?;
        self.seqs.push(seq);
        self.at.push(event.at);
        self.names.push(event.name);
        self.levels.push(event.level);
        self.categories.push(event.category);
        self.details.push(Json(event.detail));
        Ok(())
    }
}
