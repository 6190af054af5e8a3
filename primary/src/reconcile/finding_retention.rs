//! Forgets vulnerable packages that no image holds any more.

use std::time::Duration;

use async_trait::async_trait;

use super::{Done, Task};
use crate::store::{Database, StoreError, finding};

pub(super) struct FindingRetention {
    pub(super) database: Database,
}

#[async_trait]
impl Task for FindingRetention {
    fn name(&self) -> &'static str {
        "finding-retention"
    }

    fn period(&self) -> Duration {
        Duration::from_mins(1)
    }

    async fn run(&self) -> Result<Done, StoreError> {
        while finding::settle(&mut *self.database.acquire().await?).await? {}
        let mut tx = self.database.begin().await?;
        let forgotten = finding::sweep(&mut tx).await?;
        tx.commit().await?;
        Ok(match forgotten {
            // Somebody writes findings: the next run will do.
            None | Some(0) => Done::Nothing,
            Some(forgotten) => {
                Done::Something(format!("forgot {forgotten} vulnerable packages of no image"))
            }
        })
    }
}
