//! Forgets events that are older than the retention.

use std::time::Duration;

use async_trait::async_trait;
use palisade_api::clock::SharedClock;

use super::{Done, Task};
use crate::store::{Database, StoreError, event};

/// Events deleted by one statement, so that none takes long.
const AT_ONCE: i64 = 5_000;

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
        let before = self.clock.now() - self.retention;
        let mut conn = self.database.acquire().await?;
        let mut forgotten = 0;
        loop {
            let now = event::forget(&mut conn, before, AT_ONCE).await?;
            forgotten += now;
            if now < AT_ONCE as u64 {
                break;
            }
        }
        Ok(match forgotten {
            0 => Done::Nothing,
            _ => Done::Something(format!("forgot {forgotten} events older than the retention")),
        })
    }
}
