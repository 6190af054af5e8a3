//! Forgets join tokens that nobody can use and nobody used.

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use palisade_api::clock::SharedClock;

use super::{Done, Task};
use crate::store::{Database, StoreError, token};

/// How long an expired token can still be listed.
const KEPT: TimeDelta = TimeDelta::days(30);

pub(super) struct TokenRetention {
    pub(super) database: Database,
    pub(super) clock: SharedClock,
}

#[async_trait]
impl Task for TokenRetention {
    fn name(&self) -> &'static str {
        "token-retention"
    }

    fn period(&self) -> Duration {
        Duration::from_hours(6)
    }

    async fn run(&self) -> Result<Done, StoreError> {
        let mut conn = self.database.acquire().await?;
        let forgotten = token::forget_expired(&mut conn, self.clock.now() - KEPT).await?;
        Ok(match forgotten {
            0 => Done::Nothing,
            _ => Done::Something(format!("forgot {forgotten} expired join tokens")),
        })
    }
}
