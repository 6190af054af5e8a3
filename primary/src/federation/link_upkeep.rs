//! What is done for all links at once, so that none needs a timer of its own:
//! writing down who was heard of, and parting with those who do not listen.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use palisade_api::ClusterId;
use palisade_api::clock::SharedClock;
use palisade_api::federation::{Bye, bye};
use palisade_api::kind::LogId;

use super::event::{self, Refusal, Refused};
use super::fanout::log_name;
use super::link_registry::LinkRegistry;
use super::member_link::MemberLink;
use crate::shutdown::Shutdown;
use crate::store::member_seen::{self, Seen};
use crate::store::{Database, StoreError};

/// How often acknowledged positions are written.
const FLUSH: Duration = Duration::from_secs(1);

/// Every so many flushes, all that are connected are written down as seen.
const SEEN_EVERY: u32 = 10;

/// Every so many flushes, links are judged.
const JUDGE_EVERY: u32 = 5;

/// The longest pause while the database does not answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What a member is told that does not keep up.
const OVERDUE: &str = "nothing was acknowledged for a minute";

/// Members that one statement writes.
const BATCH: usize = 1_000;

/// Looks after the links until shutdown, and then tells the members.
pub fn run(
    links: &Arc<LinkRegistry>,
    database: &Database,
    clock: &SharedClock,
    shutdown: &Shutdown,
) {
    let (links, database, clock) = (links.clone(), database.clone(), clock.clone());
    let stop = shutdown.token().clone();
    shutdown.spawn("link-upkeep", async move {
        stop.run_until_cancelled(look_after(&links, &database, &clock)).await;
        links.close(rand::random::<f64>);
        if let Err(error) = write(&links, &database, &clock, true).await {
            tracing::warn!(%error, "the last acknowledgements are not written");
        }
    });
}

async fn look_after(links: &LinkRegistry, database: &Database, clock: &SharedClock) {
    let mut pause = FLUSH;
    for round in 1_u32.. {
        tokio::time::sleep(pause).await;
        if round.is_multiple_of(JUDGE_EVERY) {
            for (cluster, why) in judge(links) {
                let refusal = Refusal { whom: Refused::Member(cluster), address: "", why };
                event::refused(database, clock.now(), refusal).await;
            }
        }
        measure(links);
        pause = match write(links, database, clock, round.is_multiple_of(SEEN_EVERY)).await {
            Ok(()) => FLUSH,
            Err(error) => {
                tracing::warn!(%error, "cannot write what members acknowledged; will retry");
                (pause * 2).min(LONGEST_PAUSE)
            }
        };
    }
}

async fn write(
    links: &LinkRegistry,
    database: &Database,
    clock: &SharedClock,
    everybody: bool,
) -> Result<(), StoreError> {
    let at = clock.now();
    let mut writing: Vec<(Arc<MemberLink>, Seen)> = Vec::new();
    // A link that ended before it was ever written down still counts.
    let present = links.all();
    let mut gone = links.take_gone();
    if !gone.is_empty() {
        // One that left just now is in both.
        let present: HashSet<ClusterId> = present.iter().map(|link| link.cluster).collect();
        gone.retain(|link| !present.contains(&link.cluster));
    }
    for link in gone.iter().cloned().chain(present) {
        let positions = link.take_unwritten();
        if positions.is_some() || everybody {
            let seen = Seen {
                id: link.cluster,
                at,
                version: link.version.clone(),
                errors: link.errors(),
                positions: positions.unwrap_or_default(),
            };
            writing.push((link, seen));
        }
    }
    let outcome = write_all(database, &writing).await;
    if outcome.is_err() {
        for (link, _) in writing.iter().filter(|(_, seen)| !seen.positions.is_empty()) {
            link.keep_unwritten();
        }
        for link in gone {
            links.keep_gone(link);
        }
    }
    outcome
}

async fn write_all(
    database: &Database,
    writing: &[(Arc<MemberLink>, Seen)],
) -> Result<(), StoreError> {
    if writing.is_empty() {
        return Ok(());
    }
    let mut connection = database.acquire().await?;
    for part in writing.chunks(BATCH) {
        let seen: Vec<Seen> = part.iter().map(|(_, seen)| seen.clone()).collect();
        member_seen::record(&mut connection, &seen).await?;
    }
    Ok(())
}

/// Parts with those who do not listen; says with whom, and why.
fn judge(links: &LinkRegistry) -> Vec<(ClusterId, &'static str)> {
    let mut parted = Vec::new();
    for link in links.all() {
        if link.lingers() {
            tracing::warn!(cluster = %link.cluster, "a member does not take its farewell");
            link.cut();
            links.leave(&link);
            parted.push((link.cluster, "it does not read what it is sent"));
            continue;
        }
        if link.overdue(links.feed()) {
            tracing::warn!(cluster = %link.cluster, "a member is behind and does not listen");
            link.end(Bye {
                reason: bye::Reason::Protocol.into(),
                text: OVERDUE.to_owned(),
                retry_after_ms: 5_000,
                ..Bye::default()
            });
            parted.push((link.cluster, OVERDUE));
        }
    }
    parted
}

fn measure(links: &LinkRegistry) {
    let all = links.all();
    for log in LogId::ALL {
        let head = links.feed().ring(log).and_then(palisade_sync::ring::Ring::head);
        let Some(head) = head else { continue };
        let behind = |link: &Arc<MemberLink>| {
            link.acked(log).map_or(0, |acked| head.revision.0.saturating_sub(acked.0))
        };
        let most = all.iter().map(behind).max().unwrap_or_default();
        metrics::gauge!("palisade_sync_lag_revisions", "log" => log_name(log)).set(most as f64);
    }
}
