//! Makes the partitions of the days to come, and drops those of events that
//! are older than the retention.

use std::time::Duration;

use async_trait::async_trait;
use chrono::Days;
use palisade_api::clock::SharedClock;

use super::{Done, Task};
use crate::store::event::{count, image, own, partition, tally};
use crate::store::{Database, StoreError, clock};

/// Days that are prepared. What happens on a day without a partition makes
/// one, so a task that did not run costs time and no event.
const AHEAD: u64 = 3;
/// How long events are counted by the hour.
const COUNTED: chrono::TimeDelta = chrono::TimeDelta::days(8);

pub(super) struct EventRetention {
    pub(super) database: Database,
    pub(super) clock: SharedClock,
    pub(super) retention: Duration,
}

#[async_trait]
impl Task for EventRetention {
    fn name(&self) -> &'static str {
        "event-retention"
    }

    fn period(&self) -> Duration {
        Duration::from_hours(1)
    }

    async fn run(&self) -> Result<Done, StoreError> {
        let mut conn = self.database.acquire().await?;
        // A clock that jumps ahead, here or there, makes nothing old: what is dropped
        // does not come back.
        let now = self.clock.now().min(clock::now(&mut conn).await?);
        for ahead in 0..=AHEAD {
            if let Some(day) = now.date_naive().checked_add_days(Days::new(ahead)) {
                partition::create(&mut conn, day).await?;
            }
        }
        // A day goes when its last moment is too old.
        let oldest = (now - self.retention).date_naive();
        let mut dropped = 0;
        for partition in partition::list(&mut conn).await? {
            if partition.day < oldest {
                partition::drop(&mut conn, partition.day).await?;
                dropped += 1;
            }
        }
        image::forget(&mut conn, oldest).await?;
        tally::forget(&mut conn, oldest).await?;
        count::forget(&mut conn, now - COUNTED).await?;
        own::forget(&mut conn, now).await?;
        Ok(match dropped {
            0 => Done::Nothing,
            _ => Done::Something(format!("forgot the events of {dropped} days")),
        })
    }
}
