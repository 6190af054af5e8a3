//! What breaks is said, and mended where it can be. Longer ones: `make chaos`.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use palisade_tests::proxy::Proxy;
use palisade_tests::writer::{group, groups};
use palisade_tests::{Agent, Fleet, Primary, fleet, wait};

#[tokio::test]
async fn an_agent_with_a_half_written_database_comes_back_whole() -> Result<()> {
    let mut fleet = Fleet::start(&["staging"]).await?;
    for n in 0..30 {
        fleet.admin.post("/v1/group", &group(&format!("fed.g{n}"))).await?.ok()?;
    }
    fleet.wait_for_status("staging", "synced").await?;
    let before = fleet.member("staging").await?.context("no member")?;
    let agent = fleet.agent_mut("staging")?;
    agent.stop().await?;
    let file = agent.data_dir().join("agent.db");
    let bytes = std::fs::read(&file)?;
    std::fs::write(&file, &bytes[..bytes.len() / 2])?;
    agent.restart().await?;
    fleet.wait_for_status("staging", "synced").await?;
    let agent = fleet.agent("staging")?;
    ensure!(agent.process().log().contains("damaged"), "it does not say what happened");
    ensure!(agent.data_dir().join("agent.db.damaged").exists(), "nothing was set aside");
    let held = groups(&agent.admin().await?).await?;
    assert_eq!(held, groups(&fleet.admin).await?);
    let after = fleet.member("staging").await?.context("no member")?;
    assert_eq!(after["id"], before["id"], "it joined anew");
    Ok(())
}

#[tokio::test]
async fn a_pulled_cable_shows_and_is_caught_up_with() -> Result<()> {
    let primary = Primary::start().await?;
    let proxy = Proxy::start(primary.addresses()?.federation).await?;
    fleet::promote_at(&primary, proxy.address()).await?;
    let agent = Agent::join("staging", &primary.token(&[]).await?).await?;
    let fleet = Fleet::of_promoted(primary).await?;
    fleet.wait_for_status("staging", "synced").await?;
    let local = agent.admin().await?;
    proxy.hold();
    fleet.admin.post("/v1/group", &group("fed.meanwhile")).await?.ok()?;
    fleet.wait_for_status("staging", "disconnected").await?;
    ensure!(!groups(&local).await?.contains("fed.meanwhile"), "the cable was not pulled");
    proxy.heal();
    fleet.wait_for_status("staging", "synced").await?;
    ensure!(groups(&local).await?.contains("fed.meanwhile"));
    // A slow one is not a lost one.
    proxy.delay(Duration::from_millis(300));
    fleet.admin.post("/v1/group", &group("fed.slowly")).await?.ok()?;
    wait::until("the edit arrives", || async {
        let member = fleet.member("staging").await?.context("no member")?;
        ensure!(member["status"] != "disconnected", "slow counts as lost");
        Ok(wait::when(groups(&local).await?.contains("fed.slowly")))
    })
    .await
}
