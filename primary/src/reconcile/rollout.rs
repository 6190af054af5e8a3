//! Takes the next steps of rollouts.

use std::time::Duration;

use async_trait::async_trait;
use palisade_api::clock::SharedClock;

use super::{Done, Task};
use crate::federation::rollout::step;
use crate::store::{Database, StoreError};

pub(super) struct Rollouts {
    pub(super) database: Database,
    pub(super) clock: SharedClock,
}

#[async_trait]
impl Task for Rollouts {
    fn name(&self) -> &'static str {
        "rollouts"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(1)
    }

    async fn run(&self) -> Result<Done, StoreError> {
        Ok(match step::advance(&self.database, self.clock.now()).await? {
            0 => Done::Nothing,
            moved => Done::Something(format!("moved {moved} rollouts")),
        })
    }
}
