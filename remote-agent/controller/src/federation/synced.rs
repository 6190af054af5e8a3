//! The event that tells that federated objects were applied.

use std::time::Duration;

use palisade_api::rest::event::name;
use tokio_util::sync::CancellationToken;

use crate::Controller;

/// What is applied within this time after it was told, is told after it, at once:
/// thousands of clusters have each change.
const QUIET: Duration = Duration::from_mins(1);

/// Tells until `stop` when federated objects were applied.
pub(crate) async fn tell_synced(controller: Controller, stop: CancellationToken) {
    let mut applied = controller.in_force().applied.subscribe();
    let telling = async {
        while applied.changed().await.is_ok() {
            let revision = *applied.borrow_and_update();
            let text = format!("Federated objects were applied, up to revision {revision}.");
            controller.note_federation(name::FEDERATION_POLICY_SYNC, &text).await;
            tokio::time::sleep(QUIET).await;
        }
    };
    stop.run_until_cancelled(telling).await;
}
