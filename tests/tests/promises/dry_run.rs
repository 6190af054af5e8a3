//! A rule is tried on what clusters were asked, before it is in force.

use anyhow::{Context, Result, ensure};
use palisade_tests::decision::pod;
use palisade_tests::{Fleet, wait};
use serde_json::{Value, json};

fn rule(id: u64, rule_type: &str, images: &str) -> Value {
    json!({ "config": { "id": id, "category": "Kubernetes", "cfg_type": "federal",
        "rule_type": rule_type, "comment": "", "disable": false, "rule_mode": "",
        "containers": ["containers"],
        "criteria": [{ "name": "image", "op": "containsAny", "value": images }] } })
}

async fn tried(fleet: &Fleet, body: &Value) -> Result<Value> {
    let answer = fleet.admin.post("/v1/fed/admission/dry_run", body).await?.ok()?;
    Ok(answer["dry_run"].clone())
}

/// Asks for pods until the primary has kept so many different requests.
async fn ask(fleet: &Fleet, reviewed: u64) -> Result<()> {
    for (cluster, images) in
        [("till", &["shop/orders:v1", "shop/menu:v1"][..]), ("bar", &["shop/orders:v1"])]
    {
        for image in images {
            for _ in 0..3 {
                fleet.agent(cluster)?.review(&pod(image)).await?;
            }
        }
    }
    wait::until("what was asked is kept", || async {
        let dry_run = tried(fleet, &rule(0, "deny", "nobody/asks")).await?;
        Ok(wait::when(dry_run["reviewed"] == reviewed))
    })
    .await
}

#[tokio::test]
async fn a_rule_is_tried_on_what_clusters_were_asked() -> Result<()> {
    let fleet = Fleet::start(&["till", "bar"]).await?;
    ask(&fleet, 3).await?;

    let dry_run = tried(&fleet, &rule(0, "deny", "shop/orders:*")).await?;
    ensure!(dry_run["denied"] == 2 && dry_run["admitted"] == 0, "{dry_run}");
    ensure!(dry_run["complete"] == true && dry_run["untried_criteria"] == json!([]), "{dry_run}");
    let clusters = dry_run["clusters"].as_array().context("no clusters")?;
    let of = |name: &str| clusters.iter().find(|one| one["name"] == name).context("no cluster");
    ensure!(of("till")?["reviewed"] == 2 && of("till")?["denied"] == 1, "{dry_run}");
    ensure!(of("bar")?["reviewed"] == 1 && of("bar")?["denied"] == 1, "{dry_run}");
    let example = &of("till")?["examples"][0];
    ensure!(example["image"] == "shop/orders:v1" && example["denied"] == true, "{example}");

    // Nothing of it is in force, and nothing is shown as an event.
    let rules = fleet.admin.get("/v1/admission/rules?scope=fed").await?.ok()?;
    ensure!(rules["rules"] == json!([]), "{rules}");
    let events = fleet.admin.get("/v1/fed/events?category=review").await?.ok()?;
    ensure!(events["events"] == json!([]), "{events}");

    // In the place of the rule that is in force, and on top of it.
    let made = fleet.admin.post("/v1/admission/rule", &rule(0, "deny", "shop/*")).await?.ok()?;
    let id = made["rule"]["id"].as_u64().context("no id")?;
    let changed = tried(&fleet, &rule(id, "deny", "shop/menu:*")).await?;
    ensure!(changed["denied"] == 0 && changed["admitted"] == 2, "{changed}");
    let excepted = tried(&fleet, &rule(0, "allow", "shop/menu:*")).await?;
    ensure!(excepted["denied"] == 0 && excepted["admitted"] == 1, "{excepted}");
    Ok(())
}

#[tokio::test]
async fn a_trial_keeps_to_the_clusters_of_the_rule_and_to_its_bounds() -> Result<()> {
    let fleet = Fleet::start(&["till", "bar"]).await?;
    ask(&fleet, 3).await?;
    let member = fleet.member("bar").await?.context("no member")?;
    let id = member["id"].as_str().context("no id")?;
    let labels = json!({ "labels": { "env": "prod" } });
    fleet.admin.patch(&format!("/v1/fed/member/{id}/labels"), &labels).await?.ok()?;

    let mut body = rule(0, "deny", "shop/*");
    body["config"]["cluster_selector"] = json!({ "matchLabels": { "env": "prod" } });
    let dry_run = tried(&fleet, &body).await?;
    ensure!(dry_run["denied"] == 1 && dry_run["reviewed"] == 3, "{dry_run}");
    ensure!(dry_run["clusters"][0]["name"] == "bar", "{dry_run}");

    let mut secret = rule(0, "deny", "shop/*");
    secret["config"]["criteria"] =
        json!([{ "name": "envVars", "op": "containsAny", "value": "A=1" }]);
    let dry_run = tried(&fleet, &secret).await?;
    ensure!(dry_run["untried_criteria"] == json!(["envVars"]), "{dry_run}");

    for wrong in [
        json!({ "config": rule(0, "deny", "a")["config"], "days": 0 }),
        json!({ "config": rule(0, "deny", "a")["config"], "days": 91 }),
        json!({ "config": { "rule_type": "deny", "criteria": [] } }),
        rule(1_999, "deny", "a"),
    ] {
        let answer = fleet.admin.post("/v1/fed/admission/dry_run", &wrong).await?;
        ensure!(answer.status.is_client_error(), "{wrong}: {answer:?}");
    }
    Ok(())
}
