//! An edit of one rule until all members have acknowledged it, the bytes that
//! it costs, and the primary's memory for a member.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use palisade_api::kind::LogId;
use palisade_tests::simulated::{self, SimulatedMember};
use palisade_tests::{Primary, Rest, fleet};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::figures::{Figures, milliseconds, percentile};
use crate::processes::{loopback_bytes, memory_kib};

const FLEETS: [usize; 3] = [10, 100, 1_000];
const EDITS: usize = 100;
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(20);
/// So many join or connect at a time.
const AT_ONCE: usize = 50;

pub(crate) async fn measure(figures: &mut Figures) -> Result<()> {
    let primary = Primary::start().await?;
    fleet::promote(&primary).await?;
    let admin = primary.admin().await?;
    let most = FLEETS[FLEETS.len() - 1];
    let token = primary.token(&["--uses", &most.to_string()]).await?;
    let rule = create_rule(&admin).await?;
    let pid = primary.process().pid().context("the primary has ended")?;

    let mut members = Vec::new();
    let mut smallest = None;
    for size in FLEETS {
        grow(&mut members, size, &token).await?;
        // The first edits warm every path up; they also mean that all are in step.
        edits(&admin, rule, &members, 5).await?;
        let memory = memory_kib(pid, "VmRSS")?;
        let (few, little) = *smallest.get_or_insert((size, memory));
        let before = loopback_bytes()?;
        let mut samples = edits(&admin, rule, &members, EDITS).await?;
        let bytes = loopback_bytes()? - before;
        figures.add(
            format!("edit_p50_ms_{size}"),
            milliseconds(percentile(&mut samples, 0.5)),
            "ms",
        );
        figures.add(
            format!("edit_p99_ms_{size}"),
            milliseconds(percentile(&mut samples, 0.99)),
            "ms",
        );
        if size == most {
            let bytes = bytes as f64 / (EDITS * size) as f64;
            figures.add("edit_bytes_per_agent", bytes, "bytes");
            let kib = memory.saturating_sub(little) as f64 / (size - few) as f64;
            figures.add("memory_per_agent_kib", kib, "KiB");
        }
    }
    Ok(())
}

pub(crate) async fn create_rule(admin: &Rest) -> Result<u64> {
    let answer = admin.post("/v1/admission/rule", &rule(0, "first")).await?.ok()?;
    answer["rule"]["id"].as_u64().context("no id")
}

fn rule(id: u64, comment: &str) -> Value {
    json!({ "config": { "id": id, "category": "Kubernetes", "cfg_type": "federal",
        "rule_type": "deny", "comment": comment, "disable": false, "containers": ["containers"],
        "criteria": [{ "name": "cveHighWithFixCount", "op": ">=", "value": "3" }] } })
}

/// Joins and connects members until there are `size`.
async fn grow(members: &mut Vec<SimulatedMember>, size: usize, token: &str) -> Result<()> {
    while members.len() < size {
        let next = members.len()..size.min(members.len() + AT_ONCE);
        let joining: Vec<_> = next
            .map(|n| {
                let token = token.to_owned();
                tokio::spawn(async move {
                    let identity = simulated::join(&token, &format!("member-{n}")).await?;
                    simulated::open(&identity).await
                })
            })
            .collect();
        for member in joining {
            members.push(member.await??);
        }
    }
    Ok(())
}

/// Edits the rule again and again, each time until all have acknowledged it.
pub(crate) async fn edits(
    admin: &Rest,
    id: u64,
    members: &[SimulatedMember],
    count: usize,
) -> Result<Vec<Duration>> {
    let mut samples = Vec::with_capacity(count);
    let mut logs: Vec<_> =
        members.iter().map(|member| member.acknowledged(LogId::Federation)).collect();
    for n in 0..count {
        // One member's word is enough to know the revision; all must be there first.
        let mut held = logs[0].borrow().revision;
        for log in &mut logs {
            held = held.max(log.borrow().revision);
        }
        let begin = Instant::now();
        admin.patch("/v1/admission/rule", &rule(id, &format!("edit {n} {begin:?}"))).await?.ok()?;
        let mut last = begin;
        for log in &mut logs {
            let seen = timeout(ACKNOWLEDGED_WITHIN, log.wait_for(|seen| seen.revision > held))
                .await
                .context("a member never acknowledged an edit")??;
            last = last.max(seen.at);
        }
        samples.push(last - begin);
    }
    Ok(samples)
}
