//! Scan workers on other machines: they join by a token of their own, read
//! images for the primary, and may be lost at any moment.

use anyhow::{Context, Result, ensure};
use palisade_tests::hostile::{HostileRegistry, Sending};
use palisade_tests::image::{ImageBuilder, debian_layer};
use palisade_tests::{Agent, Fleet, Primary, Rest, vulndb, wait};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A primary that scans nothing itself.
async fn fleet() -> Result<(Fleet, TempDir)> {
    let dir = tempfile::tempdir()?;
    let database = dir.path().join("vulndb");
    vulndb::build(&database).await?;
    let primary = Primary::builder().arg("--vulndb").arg(&database).arg("--scan-slots").arg("0");
    Ok((Fleet::of(primary.start().await?, &[]).await?, dir))
}

async fn worker(fleet: &Fleet, name: &str) -> Result<Agent> {
    let token = fleet.primary.token(&["--scanner"]).await?;
    Agent::builder(name, &token).arg("--roles").arg("scanner").start().await
}

async fn image(admin: &Rest) -> Result<Value> {
    let answer = admin.get("/v1/scan/registry/fed.shop/images").await?.ok()?;
    answer["images"].get(0).cloned().with_context(|| format!("no image yet: {answer}"))
}

async fn wait_for_status(admin: &Rest, status: &str) -> Result<()> {
    wait::until(&format!("the image is {status}"), || async {
        let image = image(admin).await?;
        ensure!(image["status"] == status, "{image}");
        Ok(Some(()))
    })
    .await
}

#[tokio::test]
async fn a_lost_workers_scan_is_done_by_another() -> Result<()> {
    let (fleet, _dir) = fleet().await?;
    let registry = HostileRegistry::start().await?;
    let layer = debian_layer(&[("libssl3", "3.0.9-1", "openssl")])?.layer()?;
    let shop = ImageBuilder::new().layer(layer).build()?;
    registry.put(&shop, "shop/orders", "v1", |_| Sending::Stalled)?;
    let mut lost = worker(&fleet, "lost").await?;
    let config = json!({ "config": { "name": "fed.shop", "registry_type": "Docker Registry",
        "registry": format!("{}/", registry.url()), "filters": ["*"], "cfg_type": "federal" } });
    fleet.admin.post("/v1/scan/registry", &config).await?.ok()?;
    fleet.admin.post("/v1/scan/registry/fed.shop/scan", &Value::Null).await?.ok()?;
    wait_for_status(&fleet.admin, "scanning").await?;

    lost.kill().await?;
    // Nobody reads it, and it does not say so.
    wait_for_status(&fleet.admin, "scheduled").await?;
    registry.put(&shop, "shop/orders", "v1", |_| Sending::Honest)?;
    let _other = worker(&fleet, "other").await?;
    wait_for_status(&fleet.admin, "finished").await?;
    let found = image(&fleet.admin).await?;
    assert_eq!(found["base_os"], "debian:12", "{found}");

    let scanners = fleet.admin.get("/v1/scan/scanner").await?.ok()?;
    let listed: Vec<(&Value, &Value)> = scanners["scanners"]
        .as_array()
        .context("scanners is no list")?
        .iter()
        .map(|scanner| (&scanner["server"], &scanner["scanned_images"]))
        .collect();
    assert_eq!(listed, [(&json!("other"), &json!(1))], "{scanners}");
    ensure!(scanners["scanners"][0]["cvedb_version"] != "", "{scanners}");
    // A worker is no cluster of the federation.
    let members = fleet.admin.get("/v1/fed/member").await?.ok()?;
    assert_eq!(members["joint_clusters"], json!([]));
    Ok(())
}

/// Whoever asks how many workers there are must not count those that are lost: neither the list
/// nor what an autoscaler reads.
#[tokio::test]
async fn a_worker_that_is_lost_without_a_job_is_gone() -> Result<()> {
    let (fleet, _dir) = fleet().await?;
    let servers = async || {
        let scanners = fleet.admin.get("/v1/scan/scanner").await?.ok()?;
        let scanners = scanners["scanners"].as_array().context("scanners is no list")?.clone();
        let names = scanners.iter().map(|scanner| scanner["server"].as_str().map(str::to_owned));
        names.collect::<Option<Vec<String>>>().context("a scanner without a name")
    };
    let mut lost = worker(&fleet, "lost").await?;
    let _other = worker(&fleet, "other").await?;
    wait::until("both are listed", || async { Ok(wait::when(servers().await?.len() == 2)) })
        .await?;
    lost.kill().await?;
    wait::until("the lost one is not listed any more", || async {
        Ok(wait::when(servers().await? == ["other"]))
    })
    .await
}

#[tokio::test]
async fn a_token_lets_in_what_it_was_made_for() -> Result<()> {
    let (fleet, _dir) = fleet().await?;
    let of_a_worker = fleet.primary.token(&["--scanner"]).await?;
    let said = Agent::builder("cluster", &of_a_worker).refused().await?;
    ensure!(said.contains("is for a scan worker"), "{said}");
    let of_a_cluster = fleet.primary.token(&[]).await?;
    let said =
        Agent::builder("worker", &of_a_cluster).arg("--roles").arg("scanner").refused().await?;
    ensure!(said.contains("is for a cluster"), "{said}");
    // Neither token was used up by that.
    let _worker =
        Agent::builder("worker", &of_a_worker).arg("--roles").arg("scanner").start().await?;
    let _cluster = Agent::join("cluster", &of_a_cluster).await?;
    fleet.wait_for_status("cluster", "synced").await
}

#[tokio::test]
async fn a_workers_id_is_that_of_no_cluster() -> Result<()> {
    let (fleet, _dir) = fleet().await?;
    let _worker = worker(&fleet, "reader").await?;
    let worker = wait::until("the worker is there", || async {
        let scanners = fleet.admin.get("/v1/scan/scanner").await?.ok()?;
        Ok(scanners["scanners"][0]["id"].as_str().map(str::to_owned))
    })
    .await?;
    let labels = json!({ "labels": { "env": "prod" } }).to_string();
    for (method, path) in [
        (Method::GET, "/v1/fed/cluster/{id}/v1/group"),
        (Method::POST, "/v1/fed/cluster/{id}/v1/group"),
        (Method::GET, "/v1/fed/cluster/{id}/configuration"),
        (Method::GET, "/v1/fed/cluster/{id}/configuration/newest"),
        (Method::POST, "/v1/fed/cluster/{id}/approve"),
        (Method::GET, "/v1/fed/view/{id}"),
        (Method::GET, "/v1/fed/member/{id}/errors"),
        (Method::PATCH, "/v1/fed/member/{id}/labels"),
    ] {
        let call = async |id: &str| {
            let path = path.replace("{id}", id);
            let answer = fleet.admin.send(method.clone(), &path, Some(labels.clone())).await?;
            anyhow::Ok((answer.status, answer.text.replace(id, "ID")))
        };
        let unknown = call("00000000000000000000000000000000").await?;
        ensure!(unknown.0.is_client_error(), "{method} {path}: {unknown:?}");
        assert_eq!(call(&worker).await?, unknown, "{method} {path}");
    }
    fleet.admin.post("/v1/fed/deploy", &json!({ "ids": [worker] })).await?.expect(400, 6)?;
    // Removed it is all the same, and reads for nobody any more.
    fleet.admin.delete(&format!("/v1/fed/cluster/{worker}")).await?.ok()?;
    fleet.admin.delete(&format!("/v1/fed/cluster/{worker}")).await?.expect(400, 7)?;
    Ok(())
}
