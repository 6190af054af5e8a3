//! Drops changes that are older than the retention.

use std::time::Duration;

use async_trait::async_trait;
use palisade_api::clock::SharedClock;
use palisade_api::kind::LogId;

use super::{Done, Task};
use crate::store::{Database, StoreError, change};

pub(super) struct Compaction {
    pub(super) database: Database,
    pub(super) clock: SharedClock,
    pub(super) retention: Duration,
}

#[async_trait]
impl Task for Compaction {
    fn name(&self) -> &'static str {
        "compaction"
    }

    fn period(&self) -> Duration {
        Duration::from_hours(1)
    }

    async fn run(&self) -> Result<Done, StoreError> {
        let before = self.clock.now() - self.retention;
        let mut dropped = 0;
        for log in LogId::ALL {
            let mut tx = self.database.begin().await?;
            dropped += change::compact(&mut tx, log, before).await?;
            tx.commit().await?;
        }
        Ok(match dropped {
            0 => Done::Nothing,
            _ => Done::Something(format!("dropped {dropped} changes older than the retention")),
        })
    }
}
