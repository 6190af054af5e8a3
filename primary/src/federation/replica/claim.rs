//! One link a member, among all replicas: who connects here may have a link
//! elsewhere that broke without a word, or another agent may use its identity.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use palisade_api::ClusterId;
use palisade_api::federation::{Bye, bye};
use palisade_api::replica::Claim;

use super::wire;
use crate::App;
use crate::federation::link_registry::LinkRegistry;
use crate::federation::member_link::MemberLink;

/// How often the others are told who connected.
const PERIOD: Duration = Duration::from_secs(1);
/// How long an older link may take to show that it lives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// When the second agent of one identity may try again.
const RETRY_MS: u32 = 15_000;

/// Tells the other replicas who connected here, until shutdown.
pub(super) fn run(app: &App) {
    let stop = app.shutdown.token().clone();
    let app = app.clone();
    app.shutdown.clone().spawn("link-claims", async move {
        stop.run_until_cancelled(claim(&app)).await;
    });
}

async fn claim(app: &App) {
    // Those that were told of every link here: one that is found later, or did
    // not answer, is told of all.
    let mut told = HashSet::new();
    loop {
        tokio::time::sleep(PERIOD).await;
        let entered: Vec<Claim> = app.links.take_entered().iter().map(of_link).collect();
        let peers = app.replicas.peers();
        told.retain(|id| peers.iter().any(|peer| peer.id() == *id));
        for peer in peers {
            let claims = if told.contains(&peer.id()) {
                entered.clone()
            } else {
                app.links.all().iter().map(of_link).collect()
            };
            if claims.is_empty() {
                told.insert(peer.id());
                continue;
            }
            match peer.claim(&app.replicas, &claims).await {
                Ok(living) => {
                    told.insert(peer.id());
                    for cluster in living {
                        part_with(app, cluster);
                    }
                }
                // Its links end by their keep-alive, if it lives at all.
                Err(error) => {
                    told.remove(&peer.id());
                    tracing::warn!(replica = %peer.id(), %error, "cannot claim members' links");
                }
            }
        }
    }
}

fn of_link(link: &Arc<MemberLink>) -> Claim {
    Claim {
        cluster_id: wire::id(link.cluster),
        connected_at_ms: link.connected_at.timestamp_millis(),
    }
}

/// Asks for links of a member that are older than the end of time.
pub(super) fn of_any_link(cluster: ClusterId) -> Claim {
    let connected_at_ms = DateTime::<Utc>::MAX_UTC.timestamp_millis();
    Claim { cluster_id: wire::id(cluster), connected_at_ms }
}

fn part_with(app: &App, cluster: ClusterId) {
    if let Some(link) = app.links.get(cluster) {
        tracing::warn!(%cluster, "a second agent uses the identity of one at another replica");
        link.end(duplicate());
    }
}

/// Parts with older links of the claimed members that are dead; names those that
/// live.
pub(crate) async fn answer(links: &LinkRegistry, claims: &[Claim]) -> Vec<bytes::Bytes> {
    let judged = claims.iter().map(|claim| async move {
        let cluster = ClusterId::from_bytes(&claim.cluster_id)?;
        let link = links.get(cluster)?;
        let theirs = DateTime::from_timestamp_millis(claim.connected_at_ms)?;
        // The newer one is claimed by this side.
        if link.connected_at > theirs {
            return None;
        }
        if link.probe(SIGN_OF_LIFE).await {
            return Some(claim.cluster_id.clone());
        }
        link.end(duplicate());
        links.leave(&link);
        None
    });
    join_all(judged).await.into_iter().flatten().collect()
}

fn duplicate() -> Bye {
    Bye {
        reason: bye::Reason::Duplicate.into(),
        text: "another agent with the same identity is connected".to_owned(),
        retry_after_ms: RETRY_MS,
        ..Bye::default()
    }
}
