//! How many events happened in each hour, so that a question about all
//! clusters reads no event.

use std::collections::BTreeMap;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use palisade_api::ClusterId;
use palisade_api::rest::event::{level, name};
use sqlx::{PgConnection, PgTransaction};
use uuid::Uuid;

use super::NewEvent;
use crate::store::Result;

/// Levels of grave events.
pub(in crate::store) const GRAVE: [&str; 2] = [level::ERROR, level::CRITICAL];
/// Names of what admission control denied, or would have denied.
pub(in crate::store) const DENIALS: [&str; 2] = [name::ADMISSION_DENIED, name::ADMISSION_VIOLATION];

/// Counts that are to be added.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<(Uuid, DateTime<Utc>), Count>);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    events: i64,
    grave: i64,
    denials: i64,
}

impl Counts {
    pub(super) fn add(&mut self, cluster: ClusterId, event: &NewEvent) {
        let hour = event.at.duration_trunc(TimeDelta::hours(1)).unwrap_or(event.at);
        let count = self.0.entry((cluster.as_uuid(), hour)).or_default();
        count.events += 1;
        count.grave += i64::from(GRAVE.contains(&event.level.as_str()));
        count.denials += i64::from(DENIALS.contains(&event.name.as_str()));
    }

    /// Writes them, in an order that all writers keep.
    pub(super) async fn write(self, tx: &mut PgTransaction<'_>) -> Result<()> {
        let (keys, counts): (Vec<_>, Vec<_>) = self.0.into_iter().unzip();
        let (clusters, hours): (Vec<Uuid>, Vec<DateTime<Utc>>) = keys.into_iter().unzip();
        let of = |count: fn(&Count) -> i64| counts.iter().map(count).collect::<Vec<i64>>();
        sqlx::query!(
            "INSERT INTO event_count AS known (cluster_id, hour, events, grave, denials)
             SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::bigint[], $4::bigint[],
                                  $5::bigint[])
             ON CONFLICT (cluster_id, hour) DO UPDATE
             SET events = known.events + excluded.events, grave = known.grave + excluded.grave,
                 denials = known.denials + excluded.denials",
            &clusters,
            &hours,
            &of(|count| count.events),
            &of(|count| count.grave),
            &of(|count| count.denials),
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// Forgets the counts of hours that began before `before`.
pub async fn forget(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<u64> {
    let done =
        sqlx::query!("DELETE FROM event_count WHERE hour < $1", before).execute(conn).await?;
    Ok(done.rows_affected())
}
