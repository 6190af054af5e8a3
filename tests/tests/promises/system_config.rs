//! `PATCH /v1/system/config` with the part that the whole federation shares, and
//! what every federation has from its first day on.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use palisade_tests::{Agent, Fleet, Primary, Rest, wait};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

fn webhook(name: &str, url: &str) -> Value {
    json!({ "name": name, "url": url, "enable": true, "use_proxy": false, "type": "",
        "cfg_type": "federal" })
}

async fn webhooks(rest: &Rest) -> Result<BTreeSet<(String, String)>> {
    let config = rest.get("/v1/system/config?scope=fed").await?.ok()?;
    let webhooks = config["fed_config"]["webhooks"].as_array().context("no webhooks")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(webhooks.iter().map(|webhook| (text(&webhook["name"]), text(&webhook["url"]))).collect())
}

#[tokio::test]
async fn the_webhooks_of_the_federation_are_set_as_a_whole() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let local = fleet.agent("staging")?.admin().await?;
    let path = "/v1/system/config";
    for wanted in [
        vec![("fed.a", "http://a.example"), ("fed.b", "http://b.example")],
        vec![("fed.b", "http://b.example/new"), ("fed.c", "http://c.example")],
        vec![],
    ] {
        let list: Vec<_> = wanted.iter().map(|(name, url)| webhook(name, url)).collect();
        let change = json!({ "fed_config": { "webhooks": list } });
        fleet.admin.patch(path, &change).await?.ok()?;
        let wanted: BTreeSet<_> =
            wanted.iter().map(|(name, url)| ((*name).to_owned(), (*url).to_owned())).collect();
        assert_eq!(webhooks(&fleet.admin).await?, wanted);
        wait::until("the remote has them", || async {
            Ok(wait::when(webhooks(&local).await? == wanted))
        })
        .await?;
    }
    // Wrong ones change nothing.
    let one = webhook("fed.a", "http://a.example");
    fleet.admin.patch(path, &json!({ "fed_config": { "webhooks": [one] } })).await?.ok()?;
    for (body, status, code) in [
        (json!({ "fed_config": { "webhooks": [webhook("mine", "http://a.example")] } }), 400, 15),
        (json!({ "fed_config": { "webhooks": [one, one] } }), 400, 13),
        (json!({ "fed_config": { "syslog": 1 } }), 400, 6),
    ] {
        fleet.admin.patch(path, &body).await?.expect(status, code)?;
        assert_eq!(webhooks(&fleet.admin).await?.len(), 1);
    }
    // Without a list nothing is meant.
    fleet.admin.patch(path, &json!({ "fed_config": {} })).await?.ok()?;
    assert_eq!(webhooks(&fleet.admin).await?.len(), 1);
    local.patch(path, &json!({ "fed_config": { "webhooks": [] } })).await?.expect(403, 25)
}

#[tokio::test]
async fn the_grouped_form_says_what_the_flat_one_does() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let admin = &fleet.admin;
    let order = json!({ "config_v2": { "auth_cfg": { "auth_order": ["local"] } } });
    admin.patch("/v2/system/config", &order).await?.ok()?;
    let list = [webhook("fed.a", "http://a.example")];
    let change = json!({ "fed_config": { "webhooks": list } });
    admin.patch("/v2/system/config", &change).await?.ok()?;
    let local = fleet.agent("staging")?.admin().await?;
    wait::until("the remote has the webhook", || async {
        Ok(wait::when(webhooks(&local).await?.len() == 1))
    })
    .await?;
    for rest in [admin, &local] {
        let flat = rest.get("/v1/system/config").await?.ok()?;
        let grouped = rest.get("/v2/system/config").await?.ok()?;
        ensure!(grouped["fed_config"] == flat["fed_config"], "{grouped}");
        let groups = grouped["config"].as_object().context("no configuration")?;
        for (key, value) in flat["config"].as_object().context("no configuration")? {
            let within = groups.get(key).or_else(|| groups.values().find_map(|one| one.get(key)));
            ensure!(within == Some(value), "{key}: {within:?} for {value}");
        }
        let none = rest.get("/v2/system/config?scope=local").await?.ok()?;
        // The key is there: clients read it without a look.
        ensure!(none.get("fed_config") == Some(&Value::Null), "{none}");
    }
    let unknown = json!({ "config_v2": { "syslog_cfg": { "syslog_status": true } } });
    admin.patch("/v2/system/config", &unknown).await?.expect(400, 6)
}

#[tokio::test]
async fn a_webhook_that_is_made_without_a_scope_is_shown_without_one() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let admin = &fleet.admin;
    let _home = Agent::join("home", &fleet.primary.token(&["--home"]).await?).await?;
    fleet.wait_for_status("home", "synced").await?;
    let own = json!({ "name": "slack", "url": "http://slack.example/", "enable": true,
        "use_proxy": false, "type": "Slack", "cfg_type": "user_created" });
    admin.post("/v1/system/config/webhook", &json!({ "config": own })).await?.ok()?;
    for (path, expected) in [
        ("/v1/system/config", json!([own])),
        ("/v1/system/config?scope=local", json!([own])),
        ("/v2/system/config", json!([own])),
        ("/v1/system/config?scope=fed", json!([])),
    ] {
        assert_eq!(admin.get(path).await?.ok()?["config"]["webhooks"], expected, "{path}");
    }
    // A page may be sent back whole; they are changed one by one.
    for part in ["config", "config_v2"] {
        admin.patch("/v1/system/config", &json!({ part: { "webhooks": [own] } })).await?.ok()?;
        let none = json!({ part: { "webhooks": [] } });
        admin.patch("/v1/system/config", &none).await?.expect(400, 6)?;
    }
    admin.delete("/v1/system/config/webhook/slack").await?.ok()?;
    let left = admin.get("/v1/system/config").await?.ok()?;
    assert_eq!(left["config"]["webhooks"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_federation_of_an_older_version_gets_what_is_predefined_by_now() -> Result<()> {
    let mut primary = Primary::start().await?;
    let url = primary.database_url().context("no database")?.to_owned();
    primary.stop().await?;
    // As a version left it that knew of nothing predefined.
    let mut database = PgConnection::connect(&url).await?;
    sqlx::query("UPDATE federation SET promoted_at = now()").execute(&mut database).await?;
    let mut revision = 0;
    for round in 0..2 {
        primary.restart().await?;
        let admin = primary.admin().await?;
        for name in ["fed.sensor.ssn", "fed.sensor.creditcard"] {
            admin.get(&format!("/v1/dlp/sensor/{name}")).await?.ok()?;
        }
        admin.get("/v1/waf/sensor/fed.sensor.log4shell").await?.ok()?;
        admin.get("/v1/group/fed.containers").await?.ok()?;
        let (now,): (i64,) = sqlx::query_as("SELECT revision FROM log WHERE id = 1")
            .fetch_one(&mut database)
            .await?;
        ensure!(now > 0 && (round == 0 || now == revision), "mended twice");
        revision = now;
        primary.stop().await?;
    }
    Ok(())
}
