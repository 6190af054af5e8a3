//! A federation of thousands: simulated agents, each with a certificate and a
//! stream of its own, against one primary. `PALISADE_BENCH_AGENTS=1000,5000`
//! chooses the sizes.

mod fleet;
mod forwarded;
mod lost;
mod paper;
mod storm;

use std::time::Duration;

use anyhow::{Context, Result};
use palisade_tests::{Primary, fleet as federation};

use crate::edits::{create_rule, edits};
use crate::figures::{Figures, milliseconds, percentile};
use crate::processes::{cpu, loopback_bytes, memory_kib};
use fleet::SimulatedFleet;

const SIZES: [usize; 3] = [1_000, 5_000, 10_000];
const EDITS: usize = 50;
/// How long nothing happens while the idle primary is looked at.
const IDLE: Duration = Duration::from_secs(30);

pub(crate) async fn measure(figures: &mut Figures) -> Result<()> {
    let sizes = sizes()?;
    let most = sizes.last().copied().context("no sizes")?;
    let mut primary = Primary::start().await?;
    federation::promote(&primary).await?;
    let admin = primary.admin().await?;
    let token = primary.token(&["--uses", &most.to_string(), "--ttl", "1d"]).await?;
    let rule = create_rule(&admin).await?;
    let mut fleet = SimulatedFleet::default();
    let pid = primary.process().pid().context("the primary has ended")?;
    // What the primary holds without members.
    let empty = memory_kib(pid, "VmRSS")?;
    for size in sizes {
        let joined = fleet.grow(size, &token).await?;
        figures.add(format!("joins_per_s_{size}"), joined, "1/s");
        // The first edits warm every path up; they also mean that all are in step.
        edits(&admin, rule, fleet.members(), 3).await?;
        let pid = primary.process().pid().context("the primary has ended")?;
        let before = loopback_bytes()?;
        let mut samples = edits(&admin, rule, fleet.members(), EDITS).await?;
        let bytes = (loopback_bytes()? - before) as f64 / (EDITS * size) as f64;
        let mut of = |share| milliseconds(percentile(&mut samples, share));
        let (half, most) = (of(0.5), of(0.99));
        figures.add(format!("federation_edit_p50_ms_{size}"), half, "ms");
        figures.add(format!("federation_edit_p99_ms_{size}"), most, "ms");
        figures.add(format!("federation_edit_bytes_per_agent_{size}"), bytes, "bytes");
        let memory = memory_kib(pid, "VmRSS")?.saturating_sub(empty) as f64 / size as f64;
        figures.add(format!("federation_memory_per_agent_kib_{size}"), memory, "KiB");
        let busy = cpu(pid)?;
        tokio::time::sleep(IDLE).await;
        let busy = cpu(pid)?.saturating_sub(busy).as_secs_f64() / IDLE.as_secs_f64();
        let share = busy * 100.0 * 1_000.0 / size as f64;
        figures.add(format!("federation_idle_cpu_percent_per_1000_{size}"), share, "%");
        storm::measure(figures, &mut primary, size).await?;
    }
    drop(fleet);
    forwarded::measure(figures).await?;
    lost::measure(figures).await?;
    paper::compute(figures, &admin).await
}

fn sizes() -> Result<Vec<usize>> {
    match std::env::var("PALISADE_BENCH_AGENTS") {
        Err(_) => Ok(SIZES.to_vec()),
        Ok(text) => text
            .split(',')
            .map(|size| size.trim().parse().context("PALISADE_BENCH_AGENTS: not a number"))
            .collect(),
    }
}
