//! The same edit where each cluster asks each minute and takes the whole set of
//! rules, as NeuVector's federation does: computed, not measured. It waits ten
//! seconds after an edit before the revision changes, polls each 60 s, and sends the
//! section of the changed type whole, compressed.

use std::io::Write as _;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use palisade_tests::Rest;
use serde_json::json;

use crate::figures::Figures;

const WAIT_S: f64 = 10.0;
const POLL_S: f64 = 60.0;
/// Request and answer of a poll that finds nothing: headers, token, revisions, TLS.
const POLL_BYTES: f64 = 1_500.0;
/// Rules of a federation of some size.
const RULES: u64 = 1_000;

pub(crate) async fn compute(figures: &mut Figures, admin: &Rest) -> Result<()> {
    let answer = admin.get("/v1/admission/rules?scope=fed").await?.ok()?;
    let rule = answer["rules"].get(0).context("no rule to take as a sample")?;
    let mut rules = Vec::new();
    for n in 0..RULES {
        let mut rule = rule.clone();
        rule["id"] = json!(100_001 + n);
        rule["comment"] = json!(format!("the rule number {n} of a thousand"));
        rules.push(rule);
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&serde_json::to_vec(&rules)?)?;
    let whole = packed.finish()?.len() as f64;
    figures.add("paper_poll_edit_p50_s", WAIT_S + POLL_S * 0.5, "s");
    figures.add("paper_poll_edit_p99_s", WAIT_S + POLL_S * 0.99, "s");
    figures.add("paper_poll_edit_bytes_per_agent", whole + POLL_BYTES, "bytes");
    figures.add("paper_poll_idle_bytes_per_agent_and_minute", POLL_BYTES, "bytes");
    Ok(())
}
