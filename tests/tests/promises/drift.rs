//! What a cluster holds of the federation is put right when somebody changes it.

use anyhow::{Context, Result, ensure};
use palisade_tests::{Fleet, wait};
use serde_json::json;
use sqlx::Connection;

#[tokio::test]
async fn a_store_that_was_altered_by_hand_is_restored_with_an_event() -> Result<()> {
    let mut fleet = Fleet::start(&["staging"]).await?;
    for name in ["fed.kept", "fed.deleted", "fed.altered"] {
        let group = json!({ "config": { "name": name, "cfg_type": "federal",
            "criteria": [{ "key": "service", "op": "=", "value": name }] } });
        fleet.admin.post("/v1/group", &group).await?.ok()?;
    }
    fleet.wait_for_status("staging", "synced").await?;
    for (round, running) in [(1, true), (2, false)] {
        if !running {
            fleet.agent_mut("staging")?.stop().await?;
        }
        let file = fleet.agent("staging")?.data_dir().join("agent.db");
        let url = format!("sqlite://{}", file.display());
        let mut store = sqlx::SqliteConnection::connect(&url).await?;
        let deleted = sqlx::query("DELETE FROM object WHERE name = 'fed.deleted'")
            .execute(&mut store)
            .await?;
        assert_eq!(deleted.rows_affected(), 1);
        sqlx::query("UPDATE object SET payload = x'7b7d' WHERE name = 'fed.altered'")
            .execute(&mut store)
            .await?;
        store.close().await?;
        if !running {
            fleet.agent_mut("staging")?.restart().await?;
        }
        wait::until("the store is as the primary wants it", || async {
            let mut store = sqlx::SqliteConnection::connect(&url).await?;
            let altered: (String,) = sqlx::query_as(
                "SELECT CAST(payload AS TEXT) FROM object WHERE name = 'fed.altered'",
            )
            .fetch_one(&mut store)
            .await?;
            let deleted: (i64,) =
                sqlx::query_as("SELECT count(*) FROM object WHERE name = 'fed.deleted'")
                    .fetch_one(&mut store)
                    .await?;
            store.close().await?;
            Ok(wait::when(altered.0.contains("fed.altered") && deleted.0 == 1))
        })
        .await?;
        fleet.wait_for_status("staging", "synced").await?;
        let local = fleet.agent("staging")?.admin().await?;
        for name in ["fed.kept", "fed.deleted", "fed.altered"] {
            local.get(&format!("/v1/group/{name}")).await?.ok()?;
        }
        wait::until("the operator of the federation is told", || async {
            let told =
                fleet.admin.get("/v1/fed/events?name=Federation.Policy.Drift").await?.ok()?;
            let told = told["events"].as_array().context("no events")?.len();
            ensure!(told <= round, "told {told} times in round {round}");
            Ok(wait::when(told == round))
        })
        .await?;
    }
    Ok(())
}
