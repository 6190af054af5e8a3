//! One link a member, among all replicas: who connects here may have a link
//! elsewhere that broke without a word, or another agent may use its identity.

use std::time::Duration;

use chrono::DateTime;
use futures_util::future::join_all;
use palisade_api::ClusterId;
use palisade_api::federation::{Bye, bye};
use palisade_api::replica::Claim;

use super::wire;
use crate::App;
use crate::federation::link_registry::LinkRegistry;

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
    loop {
        tokio::time::sleep(PERIOD).await;
        let claims: Vec<Claim> = app
            .links
            .take_entered()
            .into_iter()
            .map(|link| Claim {
                cluster_id: wire::id(link.cluster),
                connected_at_ms: link.connected_at.timestamp_millis(),
            })
            .collect();
        if claims.is_empty() {
            continue;
        }
        for peer in app.replicas.peers() {
            match peer.claim(&app.replicas, &claims).await {
                Ok(living) => living.into_iter().for_each(|cluster| part_with(app, cluster)),
                // Its links end by their keep-alive, if it lives at all.
                Err(error) => {
                    tracing::warn!(replica = %peer.id(), %error, "cannot claim members' links");
                }
            }
        }
    }
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
