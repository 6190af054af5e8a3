//! What became of federated objects, and the way back.

use anyhow::{Context, Result, ensure};
use palisade_tests::{Fleet, Rest, wait};
use serde_json::{Value, json};

fn rule(value: &str, selector: &Value) -> Value {
    json!({ "config": { "cfg_type": "federal", "rule_type": "deny", "comment": value,
        "cluster_selector": selector,
        "criteria": [{ "name": "namespace", "op": "containsAny", "value": value }] } })
}

async fn rules(rest: &Rest) -> Result<Vec<Value>> {
    let answer = rest.get("/v1/admission/rules?scope=fed").await?.ok()?;
    Ok(answer["rules"].as_array().context("no rules")?.clone())
}

async fn newest(rest: &Rest) -> Result<u64> {
    let answer = rest.get("/v1/fed/history?limit=1").await?.ok()?;
    answer["revisions"][0]["revision"].as_u64().context("no revision")
}

#[tokio::test]
async fn every_revision_is_told_and_can_be_gone_back_to() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let admin = &fleet.admin;
    let everywhere = json!({});
    let made = admin.post("/v1/admission/rule?scope=fed", &rule("a", &everywhere)).await?.ok()?;
    let id = made["rule"]["id"].as_u64().context("no id")?;
    let first = newest(admin).await?;
    let mut change = rule("b", &json!({ "matchLabels": { "env": "prod" } }));
    change["config"]["id"] = json!(id);
    admin.patch("/v1/admission/rule?scope=fed", &change).await?.ok()?;
    admin.post("/v1/admission/rule?scope=fed", &rule("c", &everywhere)).await?.ok()?;
    fleet.wait_for_status("staging", "synced").await?;

    let shown = admin.get(&format!("/v1/fed/history/{}", first + 1)).await?.ok()?;
    ensure!(shown["revision"]["actor"] == "admin", "{shown}");
    let fields = shown["differences"][0]["fields"].as_array().context("no fields")?;
    let field = |path: &str| fields.iter().find(|field| field["path"] == path);
    let value = field("criteria[0].value").context("the value is not among the fields")?;
    ensure!(value["before"] == "a" && value["after"] == "b", "{value}");
    ensure!(field("cluster_selector").is_some(), "{shown}");

    // Pages fit together.
    let page = admin.get("/v1/fed/history?limit=2").await?.ok()?;
    let next = page["next"].as_u64().context("no next page")?;
    ensure!(next == first + 1, "{page}");
    let page = admin.get(&format!("/v1/fed/history?limit=1&before={next}")).await?.ok()?;
    ensure!(page["revisions"][0]["revision"] == first, "{page}");
    // As many as usual, as in other lists.
    let usual = admin.get("/v1/fed/history").await?.ok()?;
    ensure!(admin.get("/v1/fed/history?limit=0").await?.ok()? == usual, "{usual}");

    // Found by what was changed, and by whom.
    for (wanted, found) in [
        (format!("text={id}"), 2),
        (format!("text={id}&kind=admission+rule"), 2),
        (format!("text={id}&kind=group"), 0),
        ("text=ADMIN&kind=admission+rule".to_owned(), 3),
        ("text=nobody".to_owned(), 0),
    ] {
        let answer = admin.get(&format!("/v1/fed/history?{wanted}")).await?.ok()?;
        let revisions = answer["revisions"].as_array().context("no revisions")?;
        ensure!(revisions.len() == found, "{wanted}: {answer}");
    }
    admin.get("/v1/fed/history?kind=admission").await?.expect(400, 6)?;

    let path = format!("/v1/fed/history/{first}/rollback");
    let before = newest(admin).await?;
    admin.post(&format!("{path}?dry_run=maybe"), &json!({})).await?.expect(400, 6)?;
    let planned = admin.post(&format!("{path}?dry_run=true"), &json!({})).await?.ok()?;
    assert_eq!(admin.post(&path, &json!({ "dry_run": true })).await?.ok()?, planned);
    ensure!(planned["objects"] == 2 && planned["applied"] == false, "{planned}");
    ensure!(newest(admin).await? == before, "a dry run left a revision");
    let back = admin.post(&path, &json!({})).await?.ok()?;
    ensure!(back["objects"] == 2 && back["applied"] == true, "{back}");
    ensure!(back["plan"] == planned["plan"], "{planned} {back}");
    let now = rules(admin).await?;
    ensure!(now.len() == 1 && now[0] == made["rule"], "{now:?}");
    let local = fleet.agent("staging")?.admin().await?;
    wait::until("the cluster has gone back too", || async {
        let rules = rules(&local).await?;
        let federated: Vec<_> = rules.iter().filter(|rule| rule["cfg_type"] == "federal").collect();
        Ok(wait::when(federated.len() == 1 && federated[0]["comment"] == "a"))
    })
    .await?;
    fleet.wait_for_status("staging", "synced").await?;
    // Where everything is as it was, nothing happens.
    let again = admin.post(&format!("/v1/fed/history/{first}/rollback"), &json!({})).await?.ok()?;
    ensure!(again["objects"] == 0, "{again}");
    Ok(())
}

#[tokio::test]
async fn a_roll_back_that_cannot_be_says_why_and_changes_nothing() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let admin = &fleet.admin;
    let before = newest(admin).await?;
    // Before the promotion there were not even the built in groups.
    let refused = admin.post("/v1/fed/history/0/rollback", &json!({})).await?;
    ensure!(refused.status.as_u16() == 400 && refused.text.contains("built in"), "{refused:?}");
    ensure!(newest(admin).await? == before, "a refused roll-back left a revision");
    admin
        .post(&format!("/v1/fed/history/{}/rollback", before + 1), &json!({}))
        .await?
        .expect(404, 7)?;
    admin.get(&format!("/v1/fed/history/{}", before + 1)).await?.expect(404, 7)
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused_as_all_are() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    for path in [
        "/v1/fed/history?limit=-1",
        "/v1/fed/history?before=x",
        "/v1/fed/history?start=1",
        "/v1/fed/history/1?start=-1",
        "/v1/fed/object_status?name=1",
    ] {
        let answer = fleet.admin.get(path).await?;
        ensure!(answer.headers["content-type"] == "application/json", "{path}: {answer:?}");
        answer.expect(400, 6)?;
    }
    Ok(())
}
