//! Brings what is known of running images up to date, and forgets what
//! clusters ran that are members no more.

use std::time::Duration;

use async_trait::async_trait;

use super::{Done, Nudge, Task};
use crate::store::workload::{self, image};
use crate::store::{Database, StoreError};

pub(super) struct WorkloadUpkeep {
    pub(super) database: Database,
    pub(super) nudge: Nudge,
}

#[async_trait]
impl Task for WorkloadUpkeep {
    fn name(&self) -> &'static str {
        "workload-upkeep"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn nudge(&self) -> Nudge {
        self.nudge.clone()
    }

    async fn run(&self) -> Result<Done, StoreError> {
        let mut tx = self.database.begin().await?;
        let removed = workload::forget_removed(&mut tx).await?;
        let unused = image::forget_unused(&mut tx).await?;
        tx.commit().await?;
        let mut tx = self.database.begin().await?;
        image::renew(&mut tx).await?;
        tx.commit().await?;
        Ok(match (removed, unused) {
            (0, 0) => Done::Nothing,
            _ => Done::Something(format!(
                "forgot what {removed} clusters ran, and {unused} images that none runs"
            )),
        })
    }
}
