//! Scans that nobody asks for: by the clock, and after a new database.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use palisade_api::ObjectKind;
use palisade_api::rest::scan::Registry;

use super::Registries;
use crate::reconcile::{self, Done, Task};
use crate::shutdown::Shutdown;
use crate::store::registry::RegistryRow;
use crate::store::{self, StoreError};

/// How often an automatic registry is looked at for new images.
const AUTO: TimeDelta = TimeDelta::minutes(5);

pub(super) fn start(registries: &Arc<Registries>, shutdown: &Shutdown) {
    let task = Schedule(Arc::clone(registries));
    reconcile::spawn(shutdown, registries.clock.clone(), Box::new(task));
}

/// Starts the scans that are due.
struct Schedule(Arc<Registries>);

#[async_trait]
impl Task for Schedule {
    fn name(&self) -> &'static str {
        "registry-schedule"
    }

    fn period(&self) -> std::time::Duration {
        std::time::Duration::from_secs(30)
    }

    async fn run(&self) -> Result<Done, StoreError> {
        let registries = &self.0;
        // Without a database no image can be scanned anew.
        let vulndb = registries.vulndb.current().await.ok();
        let mut tx = registries.database.begin().await?;
        let rows = store::registry::list(&mut tx).await?;
        let objects = store::object::list(&mut tx, ObjectKind::Registry).await?;
        let mut started = Vec::new();
        for row in rows {
            let Some(object) = objects.iter().find(|object| object.name == row.name) else {
                continue;
            };
            let registry: Registry = serde_json::from_slice(&object.payload)
                .map_err(|error| StoreError::inconsistent("object", error))?;
            let stale = match &vulndb {
                Some(vulndb) if registry.rescan_after_db_update => {
                    store::image::has_older(&mut tx, &row.name, vulndb.version()).await?
                }
                _ => false,
            };
            if stale || self.is_due(&row, &registry) {
                store::registry::start(&mut tx, &row.name, registries.clock.now()).await?;
                store::job::list(&mut tx, &row.name).await?;
                started.push(row.name);
            }
        }
        tx.commit().await?;
        if started.is_empty() {
            return Ok(Done::Nothing);
        }
        registries.jobs.notify_waiters();
        Ok(Done::Something(format!("started the scans of {}", started.join(", "))))
    }
}

impl Schedule {
    fn is_due(&self, row: &RegistryRow, registry: &Registry) -> bool {
        let period = match registry.schedule.schedule.as_str() {
            "periodical" => TimeDelta::seconds(registry.schedule.interval),
            "auto" => AUTO,
            _ => return false,
        };
        row.started_at.is_none_or(|at| at + period <= self.0.clock.now())
    }
}
