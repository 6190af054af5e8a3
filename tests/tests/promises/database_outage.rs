//! Postgres goes away for a while, or others keep it busy.

use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use palisade_tests::process::Launch;
use palisade_tests::{Fleet, Postgres, programs, wait};
use serde_json::json;
use sqlx::{Connection as _, PgConnection, PgPool};

/// The lock of whoever migrates.
const MIGRATING: i64 = 0x5041_4c49_5341_4445;

#[tokio::test]
async fn writes_get_503_and_all_resumes() -> Result<()> {
    let mut fleet = Fleet::start(&["staging"]).await?;
    let group = |name: &str| {
        json!({ "config": { "name": name, "cfg_type": "federal",
            "criteria": [{ "key": "service", "op": "=", "value": name }] } })
    };
    fleet.admin.post("/v1/group", &group("fed.before")).await?.ok()?;
    fleet.wait_for_status("staging", "synced").await?;

    fleet.primary.postgres().context("an embedded database")?.stop().await?;
    let answer = fleet.admin.post("/v1/group", &group("fed.meanwhile")).await?;
    assert_eq!(answer.status.as_u16(), 503, "{}", answer.text);
    let health = fleet.admin.get("/healthz").await?;
    assert_eq!(health.status.as_u16(), 200, "the process itself is well");
    let local = fleet.agent("staging")?.admin().await?;
    local.get("/v1/group/fed.before").await?.ok()?;

    fleet.primary.postgres().context("an embedded database")?.resume().await?;
    wait::until("a write succeeds again", || async {
        let answer = fleet.admin.post("/v1/group", &group("fed.after")).await?;
        Ok(wait::when(answer.status.is_success()))
    })
    .await?;
    wait::until("the agent has it", || async {
        Ok(wait::when(local.get("/v1/group/fed.after").await?.status.is_success()))
    })
    .await?;
    fleet.wait_for_status("staging", "synced").await
}

#[tokio::test]
async fn who_waits_for_anothers_migration_ends_when_asked_to() -> Result<()> {
    let postgres = Postgres::start().await?;
    let url = postgres.primary_database().await?;
    let mut other = PgConnection::connect(&url).await?;
    sqlx::query("SELECT pg_advisory_lock($1)").bind(MIGRATING).execute(&mut other).await?;
    let dir = tempfile::tempdir()?;
    let mut primary = Launch::new("primary", programs::primary()?)
        .args(["serve", "--database-url", &url, "--data-dir"])
        .arg(dir.path().join("data"))
        .spawn(dir.path())?;
    let database = PgPool::connect(&url).await?;
    wait::until("it has tried the lock", || async {
        let tried: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM pg_stat_activity
                WHERE pid <> pg_backend_pid() AND query LIKE '%pg_try_advisory_lock%')",
        )
        .fetch_one(&database)
        .await?;
        Ok(wait::when(tried))
    })
    .await?;
    let ended = primary.stop(Signal::SIGTERM, Duration::from_secs(20)).await?;
    assert!(ended.success(), "{ended}");
    Ok(())
}
