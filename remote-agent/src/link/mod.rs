//! The one connection to the primary: opened by this side, kept alive, opened
//! again with growing pauses when it breaks.
//!
//! [`session`] is one life of the connection; [`upward`] sends events;
//! [`handle`] is the way to the primary for the rest of the agent.

mod handle;
mod session;
mod upward;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use palisade_api::clock::SharedClock;
use palisade_controller::Controller;
use palisade_scanner::VulnDb;
use palisade_transport::backoff::Backoff;
use palisade_transport::identity::MemberIdentity;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

pub use handle::LinkHandle;
use session::End;

/// What the link needs.
#[derive(Clone, Debug)]
pub struct LinkConfig {
    /// Where the identity is stored.
    pub data_dir: PathBuf,
    /// Names of the agent's roles.
    pub roles: Vec<String>,
    /// Answers the calls that the primary forwards.
    pub router: Router,
    /// The vulnerability database that this agent scans with, as it is
    /// replaced; none where it does not scan.
    pub vulndb: Option<watch::Receiver<Option<Arc<VulnDb>>>>,
}

/// Keeps the link until `stop`, or until this cluster is no member any more.
/// Then what is federated is gone and local rules stay in force.
pub async fn run(
    config: LinkConfig,
    handle: Arc<LinkHandle>,
    controller: Controller,
    clock: SharedClock,
    stop: CancellationToken,
) {
    let mut backoff = Backoff::default();
    while let Some(identity) = handle.identity() {
        let life = stop.child_token();
        let session = session::run(&config, &handle, &controller, &clock, &identity, &life);
        let end = session.await;
        handle.disconnected();
        life.cancel();
        let pause = match end {
            End::Stopped => return,
            End::NoMember { event, why } => {
                become_standalone(&config, &handle, &controller, event, &why).await;
                return;
            }
            End::Again => Duration::ZERO,
            End::Failed { why, worked, retry_after } => {
                if worked {
                    backoff.reset();
                }
                let pause = backoff.next(&mut rand::rng()).max(retry_after);
                warn!(%why, again_in_ms = pause.as_millis(), "the link to the primary is down");
                pause
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Drops all that came from the primary. A crash on the way is healed at the
/// next start: without an identity, what is federated is dropped then.
async fn become_standalone(
    config: &LinkConfig,
    handle: &LinkHandle,
    controller: &Controller,
    event: &'static str,
    why: &str,
) {
    warn!(why, "this cluster is not a member of the federation any more; it goes on standalone");
    if let Err(error) = MemberIdentity::forget(&config.data_dir) {
        error!(%error, "the identity could not be removed");
    }
    handle.forget();
    match controller.federation_forget().await {
        Ok(objects) => info!(objects, "federated objects are removed"),
        Err(error) => error!(%error, "federated objects could not be removed"),
    }
    controller.note_federation(event, why).await;
}
