//! How edits reach the agents, whatever dies on the way.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use palisade_tests::{Fleet, Primary, Rest, wait};
use serde_json::{Value, json};

fn group(name: &str) -> Value {
    json!({ "config": { "name": name, "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": name }] } })
}

async fn groups(rest: &Rest) -> Result<BTreeSet<String>> {
    let answer = rest.get("/v1/group?scope=fed").await?.ok()?;
    let groups = answer["groups"].as_array().context("groups is no list")?;
    Ok(groups.iter().filter_map(|group| Some(group["name"].as_str()?.to_owned())).collect())
}

async fn wait_for_group(rest: &Rest, name: &str) -> Result<()> {
    wait::until(&format!("{name} is there"), || async {
        Ok(wait::when(groups(rest).await?.contains(name)))
    })
    .await
}

#[tokio::test]
async fn an_edit_reaches_two_agents_and_is_read_only_there() -> Result<()> {
    let fleet = Fleet::start(&["production", "staging"]).await?;
    fleet.admin.post("/v1/group", &group("fed.orders")).await?.ok()?;
    for name in ["production", "staging"] {
        let local = fleet.agent(name)?.admin().await?;
        wait_for_group(&local, "fed.orders").await?;
        fleet.wait_for_status(name, "synced").await?;
        local.delete("/v1/group/fed.orders").await?.expect(403, 25)?;
        local.post("/v1/group", &group("fed.mine")).await?.expect(403, 25)?;
    }
    fleet.admin.delete("/v1/group/fed.orders").await?.ok()?;
    for name in ["production", "staging"] {
        let local = fleet.agent(name)?.admin().await?;
        wait::until("the deletion arrives", || async {
            Ok(wait::when(!groups(&local).await?.contains("fed.orders")))
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_forwarded_read_is_answered_by_the_remote() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    fleet.admin.post("/v1/group", &group("fed.seen")).await?.ok()?;
    fleet.wait_for_status("staging", "synced").await?;
    let member = fleet.member("staging").await?.context("no member")?;
    let id = member["id"].as_str().context("no id")?;
    wait::until("the remote shows the group", || async {
        let answer =
            fleet.admin.get(&format!("/v1/fed/cluster/{id}/v1/group?scope=fed")).await?.ok()?;
        let groups = answer["groups"].as_array().context("groups is no list")?;
        Ok(wait::when(groups.iter().any(|group| group["name"] == "fed.seen")))
    })
    .await?;
    let unknown = "0".repeat(32);
    fleet.admin.get(&format!("/v1/fed/cluster/{unknown}/v1/group")).await?.expect(400, 37)?;
    fleet.admin.get(&format!("/v1/fed/cluster/{id}/v1/fed/join_token")).await?.expect(403, 4)
}

#[tokio::test]
async fn an_agent_resumes_after_it_was_away() -> Result<()> {
    let mut fleet = Fleet::start(&["staging"]).await?;
    fleet.admin.post("/v1/group", &group("fed.before")).await?.ok()?;
    fleet.wait_for_status("staging", "synced").await?;
    fleet.agent_mut("staging")?.stop().await?;
    fleet.wait_for_status("staging", "disconnected").await?;
    fleet.admin.post("/v1/group", &group("fed.meanwhile")).await?.ok()?;
    fleet.admin.delete("/v1/group/fed.before").await?.ok()?;
    fleet.agent_mut("staging")?.restart().await?;
    fleet.wait_for_status("staging", "synced").await?;
    let held = groups(&fleet.agent("staging")?.admin().await?).await?;
    ensure!(held.contains("fed.meanwhile") && !held.contains("fed.before"), "{held:?}");
    Ok(())
}

#[tokio::test]
async fn a_killed_agent_keeps_what_it_applied() -> Result<()> {
    let mut fleet = Fleet::start(&["staging"]).await?;
    for n in 0..20 {
        fleet.admin.post("/v1/group", &group(&format!("fed.g{n}"))).await?.ok()?;
    }
    fleet.wait_for_status("staging", "synced").await?;
    let before = groups(&fleet.agent("staging")?.admin().await?).await?;
    fleet.agent_mut("staging")?.kill().await?;
    // With the primary gone too, nothing but its own disk can help it.
    fleet.primary.kill().await?;
    fleet.agent_mut("staging")?.restart().await?;
    assert_eq!(groups(&fleet.agent("staging")?.admin().await?).await?, before);
    fleet.primary.restart().await?;
    fleet.admin = fleet.primary.admin().await?;
    fleet.wait_for_status("staging", "synced").await
}

#[tokio::test]
async fn a_killed_primary_loses_no_acknowledged_write() -> Result<()> {
    let primary = Primary::builder().embedded().start().await?;
    let mut fleet = Fleet::of(primary, &["staging"]).await?;
    let mut acknowledged = BTreeSet::new();
    for round in 0..3 {
        let admin = fleet.primary.admin().await?;
        let (report, mut reports) = tokio::sync::mpsc::channel(64);
        let writer = tokio::spawn(async move {
            for n in 0.. {
                let name = format!("fed.r{round}n{n}");
                let Ok(answer) = admin.post("/v1/group", &group(&name)).await else { return };
                if answer.status.is_success() && report.send(name).await.is_err() {
                    return;
                }
            }
        });
        for _ in 0..10 {
            acknowledged.insert(reports.recv().await.context("the writer gave up")?);
        }
        fleet.primary.kill().await?;
        while let Some(name) = reports.recv().await {
            acknowledged.insert(name);
        }
        writer.await?;
        fleet.primary.restart().await?;
    }
    fleet.admin = fleet.primary.admin().await?;
    let kept = groups(&fleet.admin).await?;
    let lost: Vec<_> = acknowledged.difference(&kept).collect();
    ensure!(lost.is_empty(), "lost: {lost:?}");
    fleet.wait_for_status("staging", "synced").await?;
    let held = groups(&fleet.agent("staging")?.admin().await?).await?;
    assert_eq!(held, kept, "the replica differs from the primary");
    Ok(())
}
