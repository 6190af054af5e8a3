//! The authority is replaced while members are connected, and others away.

use anyhow::{Context, Result, ensure};
use palisade_tests::{Agent, Fleet, wait};
use serde_json::{Value, json};

async fn authorities(fleet: &Fleet) -> Result<Vec<Value>> {
    let shown = fleet.admin.get("/v1/fed/authority").await?.ok()?;
    Ok(shown["authorities"].as_array().context("no authorities")?.clone())
}

/// Waits until so many members depend on the newest authority.
async fn moved(fleet: &Fleet, members: i64) -> Result<Vec<Value>> {
    wait::until("members have certificates of the new authority", || async {
        let authorities = authorities(fleet).await?;
        let newest = authorities.last().context("no authority")?;
        ensure!(newest["members"] == members, "{authorities:?}");
        Ok(Some(authorities))
    })
    .await
}

#[tokio::test]
async fn an_authority_is_replaced_under_its_members() -> Result<()> {
    let mut fleet = Fleet::start(&["near", "far", "gone"]).await?;
    // A scan worker is a member like others.
    let token = fleet.primary.token(&["--scanner"]).await?;
    let _worker = Agent::builder("reader", &token).args(["--roles", "scanner"]).start().await?;
    let old = authorities(&fleet).await?;
    assert_eq!((old.len(), &old[0]["members"], &old[0]["issuing"]), (1, &json!(4), &json!(true)));
    let early = fleet.primary.token(&["--uses", "2"]).await?;
    for away in ["far", "gone"] {
        fleet.agent_mut(away)?.stop().await?;
        fleet.wait_for_status(away, "disconnected").await?;
    }
    let gone = fleet.member("gone").await?.context("no member")?;
    let gone = gone["id"].as_str().context("no id")?.to_owned();
    fleet.admin.delete(&format!("/v1/fed/cluster/{gone}")).await?.ok()?;

    let printed = fleet.primary.command(&["authority", "rotate"]).await?.ok()?;
    ensure!(printed.contains("signs") && printed.contains("trusted"), "{printed}");
    // One at a time.
    fleet.admin.post("/v1/fed/authority", &json!({})).await?.expect(400, 4)?;
    // Who is connected is moved on at once; for who is away the old one stays.
    let both = moved(&fleet, 2).await?;
    assert_eq!(both.len(), 2);
    assert_eq!((&both[0]["members"], &both[0]["issuing"]), (&json!(1), &json!(false)));
    fleet.wait_for_status("near", "synced").await?;
    // Tokens of both are good, and who joins now depends on the new one.
    let late = fleet.primary.token(&[]).await?;
    for (name, token) in [("early", &early), ("late", &late)] {
        let agent = Agent::join(name, token).await?;
        fleet.agents.insert(name.to_owned(), agent);
        fleet.wait_for_status(name, "synced").await?;
    }
    // Who was removed stays out: it learns so, by an authority that it knows.
    fleet.agent_mut("gone")?.restart().await?;
    let local = fleet.agent("gone")?.admin().await?;
    wait::until("the removed one is standalone", || async {
        Ok(wait::when(local.get("/v1/fed/member").await?.ok()?["fed_role"] == ""))
    })
    .await?;
    // Who was away comes back and is moved on; then the old one is forgotten.
    fleet.agent_mut("far")?.restart().await?;
    fleet.wait_for_status("far", "synced").await?;
    wait::until("the old authority is forgotten", || async {
        let authorities = authorities(&fleet).await?;
        ensure!(authorities.len() == 1, "{authorities:?}");
        ensure!(authorities[0]["members"] == 5, "{authorities:?}");
        Ok(wait::when(authorities[0]["fingerprint"] == both[1]["fingerprint"]))
    })
    .await?;
    // Both sides start anew, and nothing is left of it.
    fleet.primary.stop().await?;
    fleet.primary.restart().await?;
    fleet.admin = fleet.primary.admin().await?;
    for name in ["near", "far", "early", "late"] {
        fleet.agent_mut(name)?.stop().await?;
        fleet.agent_mut(name)?.restart().await?;
        fleet.wait_for_status(name, "synced").await?;
    }
    let said = Agent::builder("belated", &early).refused().await?;
    ensure!(said.contains("authority"), "{said}");
    let status = fleet.primary.command(&["authority", "status"]).await?.ok()?;
    assert_eq!(status.lines().count(), 2, "{status}");
    // What is printed of it is what clients verify the REST API by.
    let printed = fleet.primary.command(&["authority", "certificate"]).await?.ok()?;
    let printed = reqwest::Certificate::from_pem_bundle(printed.as_bytes())?;
    let http = reqwest::Client::builder().tls_certs_only(printed).build()?;
    let health = format!("https://{}/healthz", fleet.primary.addresses()?.rest);
    ensure!(http.get(health).send().await?.status().is_success());
    Ok(())
}

#[tokio::test]
async fn a_cluster_that_was_removed_while_it_was_away_is_told_by_the_authority_that_it_knows()
-> Result<()> {
    let mut fleet = Fleet::start(&["near", "lost"]).await?;
    fleet.agent_mut("lost")?.stop().await?;
    fleet.wait_for_status("lost", "disconnected").await?;
    let lost = fleet.member("lost").await?.context("no member")?;
    let lost = lost["id"].as_str().context("no id")?.to_owned();
    fleet.admin.delete(&format!("/v1/fed/cluster/{lost}")).await?.ok()?;
    let old = authorities(&fleet).await?[0]["fingerprint"].clone();
    fleet.primary.command(&["authority", "rotate"]).await?.ok()?;
    wait::until("the old authority is forgotten", || async {
        let authorities = authorities(&fleet).await?;
        Ok(wait::when(authorities.len() == 1 && authorities[0]["fingerprint"] != old))
    })
    .await?;

    // Whoever answers now it does not know; the old one has left word.
    fleet.agent_mut("lost")?.restart().await?;
    let local = fleet.agent("lost")?.admin().await?;
    wait::until("the removed one is standalone", || async {
        Ok(wait::when(local.get("/v1/fed/member").await?.ok()?["fed_role"] == ""))
    })
    .await?;
    wait::until("it is an event", || async {
        let log = local.get("/v1/log/event?f_name=Federation.Kick").await?.ok()?;
        Ok(wait::when(log["events"].as_array().map(Vec::len) == Some(1)))
    })
    .await?;
    assert_eq!(local.get("/v1/group?scope=fed").await?.ok()?["groups"], json!([]));
    let token = fleet.primary.token(&[]).await?;
    local.post("/v1/fed/join", &json!({ "join_token": token })).await?.ok()?;
    fleet.wait_for_status("lost", "synced").await
}
