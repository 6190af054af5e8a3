//! How members reach their primary: by a proxy, and after it has moved.

use anyhow::{Context, Result, ensure};
use palisade_tests::proxy::Proxy;
use palisade_tests::tunnel::Tunnel;
use palisade_tests::{Agent, Fleet, wait};
use serde_json::json;

#[tokio::test]
async fn an_agent_joins_and_stays_by_a_proxy() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let tunnel = Tunnel::start(Some("Basic YW5uOnNlY3JldA==")).await?;
    let by = |login: &str| format!("http://{login}@{}", tunnel.address());
    let token = fleet.primary.token(&["--uses", "2"]).await?;
    let said = Agent::builder("staging", &token).arg("--proxy").arg(by("ann:wrong")).refused();
    // It waits a minute for a proxy that lets it through; the other one does not.
    let right = Agent::builder("production", &token).arg("--proxy").arg(by("ann:secret")).start();
    let (said, agent) = tokio::join!(said, right);
    ensure!(said.is_err() || said.is_ok_and(|said| said.contains("proxy")), "it was let through");
    let agent = agent?;
    fleet.wait_for_status("production", "synced").await?;
    ensure!(tunnel.opened() >= 2, "joined and linked by {} tunnels", tunnel.opened());
    let member = agent.admin().await?.get("/v1/fed/member").await?.ok()?;
    assert_eq!(member["use_proxy"], "https");
    ensure!(!agent.process().log().contains("secret"), "the log holds the password");
    Ok(())
}

#[tokio::test]
async fn members_follow_a_primary_that_moves_and_find_the_way_back() -> Result<()> {
    let mut fleet = Fleet::start(&[]).await?;
    let federation = fleet.primary.addresses()?.federation;
    // Three ways to the same primary, each of which can be cut.
    let (old, new) = (Proxy::start(federation).await?, Proxy::start(federation).await?);
    let info = |proxy: &Proxy| json!({ "rest_info": { "server": "127.0.0.1", "port": proxy.address().port() } });
    fleet.admin.patch("/v1/fed/config", &info(&old)).await?.ok()?;
    fleet.join("near").await?;
    fleet.join("far").await?;
    fleet.agent_mut("far")?.stop().await?;
    fleet.wait_for_status("far", "disconnected").await?;

    // Told over the stream; the name stays locked.
    fleet.admin.patch("/v1/fed/config", &info(&new)).await?.ok()?;
    fleet.admin.patch("/v1/fed/config", &json!({ "name": "other" })).await?.expect(400, 39)?;
    let near = fleet.agent("near")?.admin().await?;
    wait::until("the connected member knows the new address", || async {
        let member = near.get("/v1/fed/member").await?.ok()?;
        Ok(wait::when(member["master_cluster"]["rest_info"]["port"] == new.address().port()))
    })
    .await?;
    old.cut();
    fleet.wait_for_status("near", "synced").await?;
    wait::until("it came by the new address", || async {
        let files = std::fs::read_to_string(fleet.agent("near")?.data_dir().join("member.json"))?;
        Ok(wait::when(files.contains(&new.address().to_string())))
    })
    .await?;
    // One that was away finds the old address first, as long as it is served.
    old.heal();
    fleet.agent_mut("far")?.restart().await?;
    fleet.wait_for_status("far", "synced").await?;
    // The new address fails: all find back to the old one.
    new.cut();
    for name in ["near", "far"] {
        let local = fleet.agent(name)?.admin().await?;
        wait::until(&format!("{name} found back"), || async {
            let member = local.get("/v1/fed/member").await?.ok()?;
            Ok(wait::when(member["master_cluster"]["status"] == "connected"))
        })
        .await?;
        fleet.wait_for_status(name, "synced").await?;
    }
    let token = fleet.admin.get("/v1/fed/join_token").await?.ok()?;
    ensure!(token["join_token"].is_string());
    fleet.member("near").await?.context("no member").map(|_| ())
}
