//! Forgets scans whose results nobody fetched, queries that nobody pages
//! through any more, and names of images beyond the newest.

use std::time::Duration;

use async_trait::async_trait;

use super::{Done, Task};
use crate::store::{Database, StoreError, asset_query, repository_image, repository_scan};

/// How long a result or a query waits for whoever asked for it.
const KEPT: Duration = Duration::from_hours(1);
/// Names of images that are kept.
const MOST_NAMES: i64 = 8_192;

pub(super) struct RepositoryScanRetention {
    pub(super) database: Database,
}

#[async_trait]
impl Task for RepositoryScanRetention {
    fn name(&self) -> &'static str {
        "repository-scan-retention"
    }

    fn period(&self) -> Duration {
        Duration::from_mins(10)
    }

    async fn run(&self) -> Result<Done, StoreError> {
        let mut tx = self.database.begin().await?;
        let scans = repository_scan::sweep(&mut tx, KEPT).await?;
        let queries = asset_query::sweep(&mut tx, KEPT).await?;
        let names = repository_image::trim(&mut tx, MOST_NAMES).await?;
        tx.commit().await?;
        Ok(match (scans, queries, names) {
            (0, 0, 0) => Done::Nothing,
            _ => Done::Something(format!(
                "forgot {scans} scans, {queries} queries and {names} names of images"
            )),
        })
    }
}
