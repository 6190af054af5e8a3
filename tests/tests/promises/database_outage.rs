//! Postgres goes away for a while.

use anyhow::{Context, Result};
use palisade_tests::{Fleet, wait};
use serde_json::json;

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
