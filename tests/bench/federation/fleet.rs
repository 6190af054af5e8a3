//! Simulated agents that come back by themselves.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use palisade_api::Revision;
use palisade_api::kind::LogId;
use palisade_tests::simulated::{self, SimulatedMember};
use tokio::task::JoinSet;

/// So many join at a time.
const AT_ONCE: usize = 100;

/// The agents.
#[derive(Debug, Default)]
pub(crate) struct SimulatedFleet(Vec<SimulatedMember>);

impl SimulatedFleet {
    pub(crate) fn members(&self) -> &[SimulatedMember] {
        &self.0
    }

    /// Joins and connects members until there are `size`; gives how many joined
    /// a second.
    pub(crate) async fn grow(&mut self, size: usize, token: &str) -> Result<f64> {
        let begin = Instant::now();
        let new = size.saturating_sub(self.0.len());
        let mut joining = JoinSet::new();
        let mut next = self.0.len();
        while next < size || !joining.is_empty() {
            while next < size && joining.len() < AT_ONCE {
                let (token, name) = (token.to_owned(), format!("agent-{next}"));
                joining.spawn(async move { simulated::join(&token, &name).await });
                next += 1;
            }
            let identity = joining.join_next().await.context("nobody joins")???;
            self.0.push(simulated::keep(Arc::new(identity)));
        }
        let rate = new as f64 / begin.elapsed().as_secs_f64();
        for member in &self.0 {
            let mut log = member.acknowledged(LogId::Federation);
            log.wait_for(|seen| seen.revision > Revision::ZERO).await?;
        }
        Ok(rate)
    }
}
