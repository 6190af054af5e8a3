//! The one connection to the primary: opened by this side, kept alive, opened
//! again with growing pauses when it breaks.
//!
//! [`session`] is one life of the connection; [`upward`] sends events,
//! [`configuration`] what this cluster has of its own, [`workloads`] what runs;
//! [`handle`] is the way to the primary for the rest of the agent; [`farewell`]
//! makes up for leaving without a word.

mod configuration;
mod farewell;
mod handle;
mod session;
mod upward;
mod workloads;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use palisade_api::clock::SharedClock;
use palisade_api::rest::event::{level, name};
use palisade_controller::Controller;
use palisade_controller::federation::Standing;
use palisade_scanner::VulnDb;
use palisade_transport::backoff::Backoff;
use palisade_transport::identity::MemberIdentity;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

pub use handle::{LinkHandle, OwnPart};
use session::{End, Failure};

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

/// Keeps the link of each membership, one after the other, until `stop`. When a
/// membership ends, what is federated is gone and local rules stay in force.
pub async fn run(
    config: LinkConfig,
    handle: Arc<LinkHandle>,
    controller: Controller,
    clock: SharedClock,
    stop: CancellationToken,
) {
    let memberships = async {
        loop {
            handle.is_member().await;
            member(&config, &handle, &controller, &clock, &stop).await;
        }
    };
    let farewells = async {
        loop {
            farewell::say(&handle).await;
            handle.farewell_put_off().notified().await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = memberships => {}
        () = farewells => {}
    }
}

/// Keeps the link of one membership until it ends.
async fn member(
    config: &LinkConfig,
    handle: &LinkHandle,
    controller: &Controller,
    clock: &SharedClock,
    stop: &CancellationToken,
) {
    let mut backoff = Backoff::default();
    let mut attempt = 0;
    // Once until the link worked again, whichever of the addresses failed how.
    let mut told = false;
    while let Some(identity) = handle.identity() {
        let life = stop.child_token();
        let session = session::run(config, handle, controller, clock, &identity, attempt, &life);
        let end = session.await;
        match &end {
            End::Failed(failure) => handle.disconnected(failure.standing, Some(&failure.why)),
            _ => handle.disconnected(Standing::Disconnected, None),
        }
        life.cancel();
        let pause = match end {
            End::Stopped => return,
            End::NoMember { .. } if handle.is_leaving() => {
                // The primary's farewell may come before its answer does.
                let event = name::FEDERATION_LEAVE;
                become_standalone(config, handle, controller, event, "This cluster left.").await;
                return;
            }
            End::NoMember { event, why } => {
                become_standalone(config, handle, controller, event, &why).await;
                return;
            }
            End::Again => Duration::ZERO,
            End::Failed(Failure { why, worked, retry_after, needs_somebody, .. }) => {
                attempt += 1;
                if worked {
                    backoff.reset();
                    attempt = 0;
                    told = false;
                }
                if needs_somebody && !told {
                    told = true;
                    let text = format!("This cluster cannot connect to its primary: {why}.");
                    let event = name::FEDERATION_LINK_FAILED;
                    controller.note_federation_at(event, level::WARNING, &text).await;
                }
                let pause = backoff.next(&mut rand::rng()).max(retry_after);
                warn!(%why, again_in_ms = pause.as_millis(), "the link to the primary is down");
                pause
            }
        };
        let left = handle.left();
        tokio::select! {
            () = stop.cancelled() => return,
            () = left.cancelled() => {}
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
    match controller.federation_forget().await {
        Ok(objects) => info!(objects, "federated objects are removed"),
        Err(error) => error!(%error, "federated objects could not be removed"),
    }
    controller.note_federation(event, why).await;
    // Last: who waits for it sees a standalone cluster.
    handle.forget();
}
