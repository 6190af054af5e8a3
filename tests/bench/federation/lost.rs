//! A cluster whose cable is pulled: until the primary shows it.

use std::time::Instant;

use anyhow::Result;
use palisade_tests::proxy::Proxy;
use palisade_tests::{Agent, Fleet, Primary, fleet};

use crate::figures::Figures;

pub(crate) async fn measure(figures: &mut Figures) -> Result<()> {
    let primary = Primary::start().await?;
    let proxy = Proxy::start(primary.addresses()?.federation).await?;
    fleet::promote_at(&primary, proxy.address()).await?;
    let _agent = Agent::join("staging", &primary.token(&[]).await?).await?;
    let fleet = Fleet::of_promoted(primary).await?;
    fleet.wait_for_status("staging", "synced").await?;
    proxy.hold();
    let begin = Instant::now();
    fleet.wait_for_status("staging", "disconnected").await?;
    figures.add("lost_cluster_shown_s", begin.elapsed().as_secs_f64(), "s");
    Ok(())
}
