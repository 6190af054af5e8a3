//! Puts what images do not pass into rows, of images that were scanned lately.

use std::time::Duration;

use async_trait::async_trait;

use super::{Done, Task};
use crate::registry::check;
use crate::store::{Database, StoreError};

pub(super) struct ImageCheckUpkeep {
    pub(super) database: Database,
}

#[async_trait]
impl Task for ImageCheckUpkeep {
    fn name(&self) -> &'static str {
        "image-check-upkeep"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(10)
    }

    async fn run(&self) -> Result<Done, StoreError> {
        let mut reports = 0;
        loop {
            match check::put_into_rows(&self.database).await? {
                0 => break,
                more => reports += more,
            }
        }
        Ok(match reports {
            0 => Done::Nothing,
            _ => Done::Something(format!("put the checks of {reports} images into rows")),
        })
    }
}
