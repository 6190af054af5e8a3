//! The role scanner alone: this program reads images for the primary and is
//! no cluster. It dials, takes jobs, and sends back what the images hold.
//!
//! [`session`] is one life of the connection, [`job`] is one image.

mod job;
mod session;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use palisade_api::clock::SharedClock;
use palisade_scanner::{LayerCache, Limits};
use palisade_transport::backoff::Backoff;
use palisade_transport::client::ProxyAddress;
use palisade_transport::identity::MemberIdentity;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use session::End;

/// What a worker needs.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// Where the identity is stored.
    pub data_dir: PathBuf,
    /// Scans at a time.
    pub slots: u32,
    /// The proxy by which the primary is reached.
    pub proxy: Option<ProxyAddress>,
}

/// What all its scans share.
#[derive(Debug, Default)]
struct Shared {
    cache: LayerCache,
    limits: Limits,
}

/// Works for the primary until `stop`, or until this worker is no member any
/// more.
pub async fn run(
    config: WorkerConfig,
    mut identity: MemberIdentity,
    clock: SharedClock,
    stop: CancellationToken,
) {
    let shared = Arc::new(Shared::default());
    let mut backoff = Backoff::default();
    loop {
        let session = session::run(&config, &shared, &identity, &clock);
        let end = tokio::select! {
            () = stop.cancelled() => return,
            end = session => end,
        };
        let pause = match end {
            End::Renewed(renewed) => {
                identity = *renewed;
                Duration::ZERO
            }
            End::NoMember(why) => {
                warn!(
                    why,
                    "this scan worker is not a member any more; it does nothing from now on"
                );
                if let Err(error) = MemberIdentity::forget(&config.data_dir) {
                    error!(%error, "the identity could not be removed");
                }
                return;
            }
            End::Failed { why, worked } => {
                if worked {
                    backoff.reset();
                }
                let pause = backoff.next(&mut rand::rng());
                warn!(%why, again_in_ms = pause.as_millis(), "the connection to the primary is down");
                pause
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
