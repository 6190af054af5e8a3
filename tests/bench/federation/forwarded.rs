//! Calls through the primary to one cluster with a real agent.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use palisade_tests::Fleet;

use crate::figures::{Figures, milliseconds, percentile};

/// Clients that call one after the other.
const CLIENTS: usize = 32;
const DURATION: Duration = Duration::from_secs(10);

pub(crate) async fn measure(figures: &mut Figures) -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let member = fleet.member("staging").await?.context("no member")?;
    let path =
        format!("/v1/fed/cluster/{}/v1/system/summary", member["id"].as_str().context("id")?);
    let begin = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let (admin, path) = (fleet.admin.clone(), path.clone());
        clients.push(tokio::spawn(async move {
            let mut samples = Vec::new();
            while begin.elapsed() < DURATION {
                let call = Instant::now();
                admin.get(&path).await?.ok()?;
                samples.push(call.elapsed());
            }
            anyhow::Ok(samples)
        }));
    }
    let mut samples = Vec::new();
    for client in clients {
        samples.extend(client.await??);
    }
    let rate = samples.len() as f64 / begin.elapsed().as_secs_f64();
    figures.add("forwarded_calls_per_s", rate, "1/s");
    figures.add("forwarded_call_p50_ms", milliseconds(percentile(&mut samples, 0.5)), "ms");
    figures.add("forwarded_call_p99_ms", milliseconds(percentile(&mut samples, 0.99)), "ms");
    Ok(())
}
