//! Drift: what is stored of the federation's logs is not what the primary sent,
//! because somebody changed the file, or the disk did. It is noticed by the digest
//! and made good by the primary, with everything anew.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use palisade_api::kind::LogId;
use palisade_api::rest::event::{level, name};
use palisade_sync::{Item, SetDigest};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::Controller;
use crate::store::{StoreError, StoredObject};

/// How often it is looked whether something else wrote to the database.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// What the disk does by itself is looked for every so many times.
const READ_ALL_EVERY: u32 = 1_800;

/// The logs that have drifted.
#[derive(Debug, Default)]
pub(crate) struct Drift {
    /// Not asked for again yet.
    logs: Mutex<BTreeSet<LogId>>,
    found: Notify,
    /// Not made good yet.
    there: Mutex<BTreeSet<LogId>>,
}

impl Drift {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeSet<LogId>) -> T) -> T {
        act(&mut self.logs.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn there(&self) -> MutexGuard<'_, BTreeSet<LogId>> {
        self.there.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_there(&self) -> bool {
        !self.there().is_empty()
    }

    /// All of `log` came anew.
    pub(super) fn made_good(&self, log: LogId) {
        self.there().remove(&log);
        self.told(log);
    }

    fn found(&self, log: LogId) {
        self.there().insert(log);
        self.with(|logs| logs.insert(log));
        self.found.notify_one();
    }

    /// The primary is told the true digest of `log`: that does the same.
    pub(super) fn told(&self, log: LogId) {
        self.with(|logs| logs.remove(&log));
    }

    /// Waits for a log that is to be asked for again.
    pub(super) async fn next(&self) -> LogId {
        loop {
            if let Some(log) = self.with(BTreeSet::pop_first) {
                return log;
            }
            self.found.notified().await;
        }
    }
}

/// Looks for drift until `stop`: at the start, when something else than this
/// program has written to the database, and now and then.
pub(crate) async fn watch_drift(controller: Controller, stop: CancellationToken) {
    let looking = async {
        let mut seen = None;
        for round in 0_u32.. {
            match look(&controller, &mut seen, round.is_multiple_of(READ_ALL_EVERY)).await {
                Ok(()) => {}
                Err(error) => error!(%error, "what is stored of the federation cannot be checked"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    stop.run_until_cancelled(looking).await;
}

async fn look(
    controller: &Controller,
    seen: &mut Option<i64>,
    in_any_case: bool,
) -> Result<(), StoreError> {
    let version = controller.store().foreign_version().await?;
    if !in_any_case && *seen == Some(version) {
        return Ok(());
    }
    *seen = Some(version);
    let replica = controller.replica();
    for log in LogId::ALL {
        let Some(objects) = replica.check(log).await? else { continue };
        warn!(?log, objects, "what is stored is not what the primary sent");
        let text = format!(
            "What this cluster has stored of the federation (log {}, {objects} objects now) is not \
             what the primary sent: it was changed here. The primary is asked for it again.",
            log.number()
        );
        controller.note_federation_at(name::FEDERATION_DRIFT, level::WARNING, &text).await;
        replica.in_force().drift.found(log);
    }
    Ok(())
}

/// The digest of what is stored.
pub(super) fn digest_of(objects: Vec<StoredObject>) -> SetDigest {
    let mut digest = SetDigest::EMPTY;
    for object in objects {
        let item = Item {
            kind: object.kind,
            name: object.name,
            revision: object.revision,
            payload: Some(object.payload.into()),
        };
        digest.replace(None, &item);
    }
    digest
}
