//! Sends events up, in order, until each is acknowledged.

use palisade_api::federation::up::Body as Up;
use palisade_api::federation::{Event, EventBatch};
use palisade_controller::store::{Store, StoreError, StoredEvent};
use thiserror::Error;
use tokio::sync::{mpsc, watch};

/// Events in one message.
const ROWS: u32 = 200;
/// Bytes of detail in one message.
const BYTES: usize = 64 * 1024;
/// Events that may be sent beyond the last acknowledgement.
const WINDOW: u64 = 2_000;

/// Why sending ended.
#[derive(Debug, Error)]
pub(super) enum UpwardError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the connection is closed")]
    Closed,
}

/// Sends what is stored after `sent`, and what is stored from now on.
/// `recorded` tells of new events, `acknowledged` how far the primary is.
pub(super) async fn run(
    store: Store,
    mut sent: u64,
    mut recorded: watch::Receiver<u64>,
    mut acknowledged: watch::Receiver<u64>,
    up: mpsc::Sender<Up>,
) -> Result<(), UpwardError> {
    loop {
        let newest = *recorded.borrow_and_update();
        let seen = *acknowledged.borrow_and_update();
        if sent < newest && sent < seen + WINDOW {
            let events = store.events_after(sent, ROWS, BYTES).await?;
            match events.last() {
                Some(last) => {
                    sent = last.seq;
                    let events = events.into_iter().map(wire).collect();
                    let batch = Up::Events(EventBatch { events });
                    up.send(batch).await.map_err(|_| UpwardError::Closed)?;
                }
                // The rest was dropped because the spool was full.
                None => sent = newest,
            }
            continue;
        }
        tokio::select! {
            changed = recorded.changed() => changed.map_err(|_| UpwardError::Closed)?,
            changed = acknowledged.changed() => changed.map_err(|_| UpwardError::Closed)?,
        }
    }
}

fn wire(stored: StoredEvent) -> Event {
    let StoredEvent { seq, event } = stored;
    Event {
        seq,
        at_ms: event.at_ms,
        name: event.name,
        level: event.level,
        category: event.category,
        detail: event.detail.into(),
    }
}
