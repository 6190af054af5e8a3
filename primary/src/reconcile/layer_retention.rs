//! Forgets what was read of layers that were used least lately.

use std::time::Duration;

use async_trait::async_trait;

use super::{Done, Task};
use crate::store::{Database, StoreError, layer};

pub(super) struct LayerRetention {
    pub(super) database: Database,
    /// Bytes that may be kept.
    pub(super) most: u64,
}

#[async_trait]
impl Task for LayerRetention {
    fn name(&self) -> &'static str {
        "layer-retention"
    }

    fn period(&self) -> Duration {
        Duration::from_mins(1)
    }

    async fn run(&self) -> Result<Done, StoreError> {
        let mut conn = self.database.acquire().await?;
        let most = i64::try_from(self.most).unwrap_or(i64::MAX);
        if layer::total(&mut conn).await?.size <= most {
            return Ok(Done::Nothing);
        }
        Ok(match layer::shrink(&mut conn, most).await? {
            0 => Done::Nothing,
            forgotten => Done::Something(format!("forgot what was read of {forgotten} layers")),
        })
    }
}
