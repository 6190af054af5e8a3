//! The event spool, and the local copy of what went up.
//!
//! An event is spooled until the primary acknowledged its sequence number, and
//! stays for a while after that for the local log lists.

use palisade_api::rest::event::{category, level, name};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::{Store, StoreError};

/// Setting: the last sequence number that a primary acknowledged.
const ACKNOWLEDGED: &str = "events_acknowledged";

/// An event that is not stored yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Unix milliseconds.
    pub at_ms: i64,
    /// For example `Admission.Control.Denied`.
    pub name: String,
    /// One of [`palisade_api::rest::event::level`].
    pub level: String,
    /// One of [`palisade_api::rest::event::category`].
    pub category: String,
    /// JSON object: the record as the REST lists show it.
    pub detail: Vec<u8>,
}

/// An event with its sequence number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Grows by one with each event; never given twice.
    pub seq: u64,
    /// The event.
    pub event: NewEvent,
}

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolLimits {
    /// Events waiting for acknowledgement.
    pub rows: u64,
    /// Bytes of detail waiting for acknowledgement.
    pub bytes: u64,
    /// Acknowledged events kept for the local lists.
    pub kept: u64,
}

impl Default for SpoolLimits {
    fn default() -> Self {
        Self { rows: 100_000, bytes: 256 << 20, kept: 10_000 }
    }
}

/// How full the spool is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpoolUsage {
    /// Events waiting for acknowledgement.
    pub rows: u64,
    /// Bytes of their detail.
    pub bytes: u64,
}

impl Store {
    /// Stores `events` in one transaction and gives the last sequence number.
    pub async fn events_append(&self, events: &[NewEvent]) -> Result<u64, StoreError> {
        let mut transaction = self.writer.begin().await?;
        insert(&mut transaction, events).await?;
        let last = last_seq(&mut transaction).await?;
        transaction.commit().await?;
        Ok(last)
    }

    /// Spooled events after `after`, oldest first, of at most `bytes` of detail
    /// together (but at least one).
    pub async fn events_after(
        &self,
        after: u64,
        rows: u32,
        bytes: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, at_ms, name, level, category, detail FROM event
             WHERE seq > ? ORDER BY seq LIMIT ?",
        )
        .bind(after as i64)
        .bind(rows)
        .fetch_all(&self.reader)
        .await?;
        let mut size = 0;
        let mut events = Vec::with_capacity(rows.len());
        for row in &rows {
            let event = read(row)?;
            size += event.event.detail.len();
            if size > bytes && !events.is_empty() {
                break;
            }
            events.push(event);
        }
        Ok(events)
    }

    /// The last sequence number that a primary acknowledged.
    pub async fn events_acknowledged(&self) -> Result<u64, StoreError> {
        acknowledged(&mut *self.reader.acquire().await?).await
    }

    /// The last sequence number given to an event.
    pub async fn events_last(&self) -> Result<u64, StoreError> {
        last_seq(&mut *self.reader.acquire().await?).await
    }

    /// Notes that the primary stored all events up to `seq`, and drops the
    /// oldest acknowledged ones beyond `kept`, and those that no list shows.
    pub async fn events_acknowledge(&self, seq: u64, kept: u64) -> Result<(), StoreError> {
        let mut transaction = self.writer.begin().await?;
        // A number from the future must not make later events look seen.
        let seq = seq.min(last_seq(&mut transaction).await?);
        if seq > acknowledged(&mut transaction).await? {
            set_acknowledged(&mut transaction, seq).await?;
            sqlx::query("DELETE FROM event WHERE seq <= ? AND category = ?")
                .bind(seq as i64)
                .bind(category::REVIEW)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(
                "DELETE FROM event WHERE seq <= (
                     SELECT seq FROM event WHERE seq <= ? ORDER BY seq DESC LIMIT 1 OFFSET ?)",
            )
            .bind(seq as i64)
            .bind(kept as i64)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// A primary has seen more events of this member than are known here, after
    /// the database was lost: numbers go on after its count.
    pub async fn events_continue_after(&self, seq: u64) -> Result<(), StoreError> {
        let mut transaction = self.writer.begin().await?;
        let last = last_seq(&mut transaction).await?;
        if seq > last {
            sqlx::query("UPDATE event SET seq = seq + ? WHERE seq > 0")
                .bind(seq as i64)
                .execute(&mut *transaction)
                .await?;
            let next = seq + last;
            let changed = sqlx::query("UPDATE sqlite_sequence SET seq = ? WHERE name = 'event'")
                .bind(next as i64)
                .execute(&mut *transaction)
                .await?;
            if changed.rows_affected() == 0 {
                sqlx::query("INSERT INTO sqlite_sequence (name, seq) VALUES ('event', ?)")
                    .bind(next as i64)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// How full the spool is.
    pub async fn events_usage(&self) -> Result<SpoolUsage, StoreError> {
        let row = sqlx::query(
            "SELECT count(*) AS rows, coalesce(sum(length(detail)), 0) AS bytes FROM event
             WHERE seq > coalesce((SELECT CAST(value AS INTEGER) FROM setting WHERE name = ?), 0)",
        )
        .bind(ACKNOWLEDGED)
        .fetch_one(&self.reader)
        .await?;
        Ok(SpoolUsage {
            rows: row.try_get::<i64, _>("rows")? as u64,
            bytes: row.try_get::<i64, _>("bytes")? as u64,
        })
    }

    /// Drops the oldest tenth of the spool, events below `Critical` first, and
    /// leaves one event that says how many went. Gives that number.
    pub async fn events_shed(&self, at_ms: i64, cluster_name: &str) -> Result<u64, StoreError> {
        let mut transaction = self.writer.begin().await?;
        let seen = acknowledged(&mut transaction).await?;
        let spooled: i64 = sqlx::query_scalar("SELECT count(*) FROM event WHERE seq > ?")
            .bind(seen as i64)
            .fetch_one(&mut *transaction)
            .await?;
        let quota = (spooled / 10).max(1);
        let mut dropped = shed_some(&mut transaction, seen, quota, false).await?;
        if dropped < quota as u64 {
            let rest = quota - dropped as i64;
            dropped += shed_some(&mut transaction, seen, rest, true).await?;
        }
        let detail = palisade_api::rest::event::Event {
            name: name::EVENTS_DROPPED.to_owned(),
            level: level::WARNING.to_owned(),
            reported_timestamp: at_ms / 1000,
            reported_at: crate::event::rfc3339(at_ms),
            cluster_name: cluster_name.to_owned(),
            category: name::subject(name::EVENTS_DROPPED).to_owned(),
            message: format!(
                "{dropped} events were dropped, because the primary was out of reach for so long \
                 that the event store was full"
            ),
            ..Default::default()
        };
        let event = NewEvent {
            at_ms,
            name: name::EVENTS_DROPPED.to_owned(),
            level: level::WARNING.to_owned(),
            category: category::EVENT.to_owned(),
            detail: serde_json::to_vec(&detail).map_err(|_| StoreError::Damaged("event"))?,
        };
        insert(&mut transaction, &[event]).await?;
        transaction.commit().await?;
        Ok(dropped)
    }

    /// Stored events of a category, newest first, acknowledged or not.
    pub async fn events_list(
        &self,
        category: &str,
        start: u64,
        limit: u64,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        sqlx::query(
            "SELECT seq, at_ms, name, level, category, detail FROM event
             WHERE category = ? ORDER BY seq DESC LIMIT ? OFFSET ?",
        )
        .bind(category)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(i64::try_from(start).unwrap_or(i64::MAX))
        .fetch_all(&self.reader)
        .await?
        .iter()
        .map(read)
        .collect()
    }
}

async fn insert(connection: &mut SqliteConnection, events: &[NewEvent]) -> Result<(), StoreError> {
    // Five parameters a row, 32,766 a statement.
    for chunk in events.chunks(1000) {
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT INTO event (at_ms, name, level, category, detail) ",
        );
        insert.push_values(chunk, |mut row, event| {
            row.push_bind(event.at_ms)
                .push_bind(&event.name)
                .push_bind(&event.level)
                .push_bind(&event.category)
                .push_bind(&event.detail);
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn shed_some(
    connection: &mut SqliteConnection,
    seen: u64,
    quota: i64,
    critical: bool,
) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM event WHERE seq IN (
             SELECT seq FROM event WHERE seq > ? AND (level = 'Critical') = ?
             ORDER BY seq LIMIT ?)",
    )
    .bind(seen as i64)
    .bind(critical)
    .bind(quota)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

async fn last_seq(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let last: Option<i64> =
        sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'event'")
            .fetch_optional(connection)
            .await?;
    Ok(last.unwrap_or(0) as u64)
}

async fn acknowledged(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let value: Option<String> = sqlx::query_scalar("SELECT value FROM setting WHERE name = ?")
        .bind(ACKNOWLEDGED)
        .fetch_optional(connection)
        .await?;
    value.map_or(Ok(0), |text| {
        text.parse().map_err(|_| StoreError::Damaged("acknowledged event number"))
    })
}

async fn set_acknowledged(connection: &mut SqliteConnection, seq: u64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO setting (name, value) VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(ACKNOWLEDGED)
    .bind(seq.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

fn read(row: &sqlx::sqlite::SqliteRow) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent {
        seq: row.try_get::<i64, _>("seq")? as u64,
        event: NewEvent {
            at_ms: row.try_get("at_ms")?,
            name: row.try_get("name")?,
            level: row.try_get("level")?,
            category: row.try_get("category")?,
            detail: row.try_get("detail")?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::scratch;

    fn event(text: &str, level: &str) -> NewEvent {
        NewEvent {
            at_ms: 5,
            name: text.to_owned(),
            level: level.to_owned(),
            category: "audit".to_owned(),
            detail: b"{}".to_vec(),
        }
    }

    #[tokio::test]
    async fn numbers_grow_across_restarts_and_are_never_used_again() {
        let (folder, store) = scratch().await;
        assert_eq!(
            store.events_append(&[event("a", "Info"), event("b", "Info")]).await.unwrap(),
            2
        );
        store.events_acknowledge(2, 0).await.unwrap();
        assert_eq!(store.events_list("audit", 0, 10).await.unwrap().len(), 0);
        drop(store);
        let store = Store::open(&folder.path().join("agent.db")).await.unwrap();
        assert_eq!(store.events_append(&[event("c", "Info")]).await.unwrap(), 3);
        let spooled = store.events_after(2, 10, 1000).await.unwrap();
        assert_eq!(spooled.len(), 1);
        assert_eq!((spooled[0].seq, spooled[0].event.name.as_str()), (3, "c"));
    }

    #[tokio::test]
    async fn acknowledged_events_stay_for_the_lists_up_to_a_number() {
        let (_folder, store) = scratch().await;
        let all: Vec<_> = (0..10).map(|n| event(&n.to_string(), "Info")).collect();
        store.events_append(&all).await.unwrap();
        store.events_acknowledge(8, 3).await.unwrap();
        assert_eq!(store.events_acknowledged().await.unwrap(), 8);
        assert_eq!(store.events_usage().await.unwrap(), SpoolUsage { rows: 2, bytes: 4 });
        let listed = store.events_list("audit", 0, 100).await.unwrap();
        assert_eq!(listed.iter().map(|e| e.seq).collect::<Vec<_>>(), [10, 9, 8, 7, 6]);
        let page = store.events_list("audit", 1, 2).await.unwrap();
        assert_eq!(page.iter().map(|e| e.seq).collect::<Vec<_>>(), [9, 8]);
        // A number from the future acknowledges nothing that does not exist yet.
        store.events_acknowledge(1000, 3).await.unwrap();
        assert_eq!(store.events_acknowledged().await.unwrap(), 10);
    }

    #[tokio::test]
    async fn a_full_spool_drops_what_is_least_grave_and_says_so() {
        let (_folder, store) = scratch().await;
        let mut all = vec![event("grave", "Critical")];
        all.extend((0..19).map(|n| event(&n.to_string(), "Info")));
        store.events_append(&all).await.unwrap();
        assert_eq!(store.events_shed(9_000, "staging").await.unwrap(), 2);
        let left = store.events_after(0, 100, 100_000).await.unwrap();
        assert_eq!(left.len(), 19);
        assert_eq!(left[0].event.name, "grave");
        assert_eq!(left[1].event.name, "2");
        let last = left.last().unwrap();
        assert_eq!(last.event.name, name::EVENTS_DROPPED);
        assert!(String::from_utf8_lossy(&last.event.detail).contains("2 events were dropped"));
    }

    #[tokio::test]
    async fn a_lost_database_goes_on_after_what_the_primary_has_seen() {
        let (_folder, store) = scratch().await;
        store.events_continue_after(500).await.unwrap();
        assert_eq!(store.events_append(&[event("a", "Info")]).await.unwrap(), 501);
        store.events_append(&[event("b", "Info")]).await.unwrap();
        // Events that happened before the primary said so keep their order.
        store.events_continue_after(600).await.unwrap();
        store.events_acknowledge(600, 10).await.unwrap();
        let left = store.events_after(600, 10, 1000).await.unwrap();
        assert_eq!(left.iter().map(|e| e.seq).collect::<Vec<_>>(), [1101, 1102]);
        assert_eq!(store.events_append(&[event("c", "Info")]).await.unwrap(), 1103);
    }

    #[tokio::test]
    async fn a_page_upward_is_bounded_in_bytes() {
        let (_folder, store) = scratch().await;
        let mut big = event("big", "Info");
        big.detail = vec![b' '; 100];
        store.events_append(&[big.clone(), big.clone(), big]).await.unwrap();
        assert_eq!(store.events_after(0, 10, 150).await.unwrap().len(), 1);
        assert_eq!(store.events_after(0, 10, 10).await.unwrap().len(), 1);
        assert_eq!(store.events_after(0, 10, 300).await.unwrap().len(), 3);
    }
}
