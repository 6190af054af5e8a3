//! Ten thousand edits while the links of half of the agents break again and again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use palisade_api::kind::LogId;
use palisade_tests::proxy::Proxy;
use palisade_tests::simulated::{self, SimulatedMember};
use palisade_tests::writer::group;
use palisade_tests::{Primary, Rest, fleet, wait};
use rand::Rng;
use tokio::task::JoinSet;

use crate::judge::Holdings;
use crate::random;

const AGENTS: usize = 100;
const EDITS: usize = 10_000;
const WRITERS: usize = 4;
const FLAP_MS: u64 = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: make chaos"]
async fn ten_thousand_edits_reach_those_who_flap() -> Result<()> {
    let mut random = random();
    let primary = Primary::start().await?;
    let federation = primary.addresses()?.federation;
    let flapping = Proxy::start(federation).await?;
    fleet::promote(&primary).await?;
    let steady = join(&primary, "steady", federation).await?;
    let admin = primary.admin().await?;
    let shaky = join(&primary, "shaky", flapping.address()).await?;
    edit(&admin, 0..EDITS / 5).await?;
    let before = Holdings::of(primary.process().pid())?;
    let mut editing = Box::pin(edit(&admin, EDITS / 5..EDITS));
    loop {
        let pause = Duration::from_millis(random.random_range(0..FLAP_MS));
        if let Ok(edited) = tokio::time::timeout(pause, &mut editing).await {
            edited?;
            break;
        }
        if random.random_bool(0.5) { flapping.cut() } else { flapping.heal() }
    }
    flapping.heal();
    let revision = head(&admin).await?;
    for member in steady.iter().chain(&shaky) {
        let mut log = member.acknowledged(LogId::Federation);
        let caught_up = log.wait_for(|seen| seen.revision.0 >= revision);
        tokio::time::timeout(wait::PATIENCE, caught_up)
            .await
            .context("a member stays behind")??;
    }
    // Synced means that the digests are equal.
    wait::until("all are shown as synced", || async {
        let members = admin.get("/v1/fed/member").await?.text;
        let synced = members.matches(r#""status":"synced""#).count();
        ensure!(synced == AGENTS, "{synced} of {AGENTS} are synced");
        Ok(Some(()))
    })
    .await?;
    before.check(Holdings::of(primary.process().pid())?)
}

/// Members that reach the primary by `address`.
async fn join(
    primary: &Primary,
    prefix: &str,
    address: SocketAddr,
) -> Result<Vec<SimulatedMember>> {
    let token = primary.token(&["--uses", &(AGENTS / 2).to_string()]).await?;
    let token = simulated::token_for(&token, address)?;
    let mut members = Vec::new();
    for n in 0..AGENTS / 2 {
        let identity = simulated::join(&token, &format!("{prefix}-{n}")).await?;
        members.push(simulated::keep(Arc::new(identity)));
    }
    Ok(members)
}

/// Creates and deletes groups: one edit each.
async fn edit(admin: &Rest, edits: std::ops::Range<usize>) -> Result<()> {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (admin, edits) = (admin.clone(), edits.clone());
        writers.spawn(async move {
            for n in edits.skip(writer).step_by(WRITERS) {
                let name = format!("fed.flap{}", n / (2 * WRITERS) * WRITERS + writer);
                if (n / WRITERS).is_multiple_of(2) {
                    admin.post("/v1/group", &group(&name)).await?.ok()?;
                } else {
                    admin.delete(&format!("/v1/group/{name}")).await?.ok()?;
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(written) = writers.join_next().await {
        written??;
    }
    Ok(())
}

/// The newest revision, as the metrics tell it.
async fn head(admin: &Rest) -> Result<u64> {
    let text = admin.get("/metrics").await?.text;
    let line = text
        .lines()
        .find(|line| line.starts_with("palisade_log_revision{log=\"federation\"}"))
        .context("no revision")?;
    Ok(line.rsplit(' ').next().context("no value")?.parse::<f64>()? as u64)
}
