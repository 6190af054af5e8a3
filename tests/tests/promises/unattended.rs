//! A federation that sets itself up by `fedinitcfg.yaml`, with one fixed token for
//! all its clusters.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use palisade_tests::{Agent, Fleet, Primary, wait};
use serde_json::json;
use tempfile::TempDir;

const TOKEN: &str = "6f9619ff-8b86-d011-b42d-00c04fc964ff";
const OTHER: &str = "0e984725-c51c-4bf4-9960-e1c80e27aba0";

/// A setup file in a folder that outlives the programs.
fn file(folder: &TempDir, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.path().join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}

/// A primary that promoted itself, on a port that its file cannot know.
async fn primary(folder: &TempDir) -> Result<Fleet> {
    let text = format!(
        "Cluster_Name: hub\nJoin_Token: {TOKEN}\nPrimary_Rest_Info:\n  Server: 127.0.0.1\n  \
         Port: 11443\nDeploy_Repo_Scan_Data: true\nAllow_Same_K8s_Uid_Rejoin: false\n"
    );
    let file = file(folder, "primary.yaml", &text)?;
    let primary = Primary::builder().arg("--federation-setup").arg(file).start().await?;
    let admin = primary.admin().await?;
    Ok(Fleet { agents: std::collections::BTreeMap::new(), primary, admin })
}

/// The file of a remote.
fn remote(folder: &TempDir, fleet: &Fleet, name: &str, token: &str) -> Result<PathBuf> {
    let port = fleet.primary.addresses()?.federation.port();
    let text = format!(
        "Cluster_Name: {name}\nJoin_Token: {token}\nPrimary_Rest_Info: {{Server: 127.0.0.1, \
         Port: {port}}}\nManaged_Rest_Info: {{Server: {name}.example, Port: 10443}}\n"
    );
    file(folder, &format!("{name}.yaml"), &text)
}

#[tokio::test]
async fn clusters_join_once_each_with_the_token_of_the_file() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut fleet = primary(&folder).await?;
    let member = fleet.admin.get("/v1/fed/member").await?.ok()?;
    assert_eq!(member["fed_role"], "master");
    assert_eq!(member["master_cluster"]["name"], "hub");
    assert_eq!(
        member["master_cluster"]["rest_info"],
        json!({ "server": "127.0.0.1", "port": 11443 })
    );
    assert_eq!(member["deploy_repo_scan_data"], true);

    let names = ["east", "north", "west"];
    // All at once.
    let mut builders = Vec::new();
    for name in names {
        let file = remote(&folder, &fleet, name, TOKEN)?;
        builders.push(Agent::without_token(name).arg("--federation-setup").arg(file).start());
    }
    let joined = futures_util::future::try_join_all(builders).await?;
    for (name, agent) in names.into_iter().zip(joined) {
        fleet.agents.insert(name.to_owned(), agent);
        fleet.wait_for_status(name, "synced").await?;
        let member = fleet.member(name).await?.context("no member")?;
        assert_eq!(member["rest_info"]["server"], format!("{name}.example"));
    }
    // Neither side does anything twice.
    fleet.primary.stop().await?;
    fleet.primary.restart().await?;
    fleet.admin = fleet.primary.admin().await?;
    for name in names {
        fleet.agent_mut(name)?.stop().await?;
        fleet.agent_mut(name)?.restart().await?;
        fleet.wait_for_status(name, "synced").await?;
    }
    let member = fleet.admin.get("/v1/fed/member").await?.ok()?;
    assert_eq!(member["joint_clusters"].as_array().map(Vec::len), Some(3));
    Ok(())
}

#[tokio::test]
async fn another_token_lets_nobody_in_and_is_not_given_away() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let fleet = primary(&folder).await?;
    let file = remote(&folder, &fleet, "stranger", OTHER)?;
    let said =
        Agent::without_token("stranger").arg("--federation-setup").arg(file).refused().await?;
    ensure!(said.contains("does not know the join token"), "{said}");
    // The primary was asked by the token's digest alone.
    for log in [&said, &fleet.primary.process().log()] {
        ensure!(!log.contains(OTHER) && !log.contains(TOKEN), "a token is in the log");
    }
    ensure!(fleet.member("stranger").await?.is_none());
    // The same name of another cluster is refused as ever.
    let file = remote(&folder, &fleet, "east", TOKEN)?;
    let first = Agent::without_token("east").arg("--federation-setup").arg(&file).start().await?;
    fleet.wait_for_status("east", "synced").await?;
    let said = Agent::without_token("east").arg("--federation-setup").arg(&file).refused().await?;
    ensure!(said.contains("name"), "{said}");
    drop(first);
    Ok(())
}

#[tokio::test]
async fn a_revoked_fixed_token_stays_revoked() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut fleet = primary(&folder).await?;
    let listed = fleet.primary.command(&["token", "list"]).await?.ok()?;
    let id = listed.split_whitespace().find(|word| uuid::Uuid::parse_str(word).is_ok());
    fleet.primary.command(&["token", "revoke", id.context("no token")?]).await?.ok()?;
    fleet.primary.stop().await?;
    fleet.primary.restart().await?;
    let file = remote(&folder, &fleet, "late", TOKEN)?;
    Agent::without_token("late").arg("--federation-setup").arg(file).refused().await?;
    Ok(())
}

#[tokio::test]
async fn a_file_for_the_other_side_is_refused() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let fleet = primary(&folder).await?;
    let primary_file = folder.path().join("primary.yaml");
    let said =
        Agent::without_token("x").arg("--federation-setup").arg(primary_file).refused().await?;
    ensure!(said.contains("Managed_Rest_Info"), "{said}");
    let remote_file = remote(&folder, &fleet, "east", TOKEN)?;
    let text = remote_file.display().to_string();
    let finished = fleet.primary.command(&["serve", "--federation-setup", &text]).await?;
    ensure!(!finished.status.success() && finished.stderr.contains("Managed_Rest_Info"));
    wait::until("nothing changed", || async {
        Ok(wait::when(fleet.member("east").await?.is_none()))
    })
    .await
}
