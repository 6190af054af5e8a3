//! Scans that nobody asks for, by the clock.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
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
        let started = self.0.start_due().await?;
        if started.is_empty() {
            return Ok(Done::Nothing);
        }
        Ok(Done::Something(format!("started the scans of {}", started.join(", "))))
    }
}

impl Registries {
    /// Starts the scans that are due, and says of which registries.
    pub async fn start_due(&self) -> Result<Vec<String>, StoreError> {
        let mut tx = self.database.begin().await?;
        let rows = store::registry::list(&mut tx).await?;
        let objects = store::object::list(&mut tx, ObjectKind::Registry).await?;
        let mut started = Vec::new();
        for row in rows {
            let Some(object) = objects.iter().find(|object| object.name == row.name) else {
                continue;
            };
            let registry: Registry = serde_json::from_slice(&object.payload)
                .map_err(|error| StoreError::inconsistent("object", error))?;
            if is_due(&row, &registry, self.clock.now()) {
                store::registry::start(&mut tx, &row.name, self.clock.now()).await?;
                store::job::list(&mut tx, &row.name).await?;
                started.push(row.name);
            }
        }
        tx.commit().await?;
        self.jobs.notify_waiters();
        Ok(started)
    }
}

fn is_due(row: &RegistryRow, registry: &Registry, now: DateTime<Utc>) -> bool {
    let period = match registry.schedule.schedule.as_str() {
        "periodical" => TimeDelta::seconds(registry.schedule.interval),
        "auto" => AUTO,
        _ => return false,
    };
    row.started_at.is_none_or(|at| at + period <= now)
}
