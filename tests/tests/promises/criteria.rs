//! Criteria of admission rules: kept and synced as they were sent, whatever they look at;
//! what no cluster evaluates is reported by each.

use anyhow::{Context, Result, ensure};
use palisade_tests::{Fleet, wait};
use serde_json::{Value, json};

/// Criteria of deny rules beyond those that compare one value, as clients send them.
fn criteria() -> Vec<Value> {
    let custom = |path: &str, kind: &str, op: &str, value: &str| {
        json!({ "name": "customPath", "type": "customPath", "template_kind": "podTemplate",
            "path": path, "value_type": kind, "op": op, "value": value })
    };
    vec![
        json!({ "name": "resourceLimit", "op": "", "value": "", "sub_criteria": [
            { "name": "cpuLimit", "op": ">", "value": "2" },
            { "name": "memoryRequest", "op": "<=", "value": "1048576" }] }),
        json!({ "name": "violatePssPolicy", "op": "=", "value": "restricted" }),
        json!({ "name": "pspCompliance", "op": "=", "value": "true" }),
        json!({ "name": "imageNoOS", "op": "=", "value": "true" }),
        json!({ "name": "imageCompliance", "op": "=", "value": "true" }),
        json!({ "name": "envVarSecrets", "op": "=", "value": "true" }),
        custom("item.spec.containers[_].image", "string", "containsAny", "docker.io/*"),
        custom("item.spec.hostUsers", "boolean", "=", "true"),
        custom("item.spec.terminationGracePeriodSeconds", "number", ">", "60"),
        custom("item.spec.nodeName", "key", "notExist", ""),
        json!({ "name": "modules", "op": "containsAny", "value": "log4j,curl>=8" }),
        json!({ "name": "storageClassName", "op": "containsAny", "value": "fast" }),
        json!({ "name": "saBindRiskyRole", "type": "saBindRiskyRole", "op": "containsTagAny",
            "value": "risky_role_view_secret,risky_role_create_pod" }),
    ]
}

/// Those of them that are kept alone.
const NOT_EVALUATED: [&str; 3] = ["modules", "storageClassName", "saBindRiskyRole"];

#[tokio::test]
async fn every_criterion_is_kept_as_it_was_sent() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let agent = fleet.agent("staging")?.admin().await?;
    let member = fleet.member("staging").await?.context("no member")?;
    let id = member["id"].as_str().context("no id")?;
    for criterion in criteria() {
        let rule = json!({ "config": { "id": 0, "category": "Kubernetes", "cfg_type": "federal",
            "rule_type": "deny", "rule_mode": "", "disable": false, "criteria": [criterion] } });
        let made = fleet.admin.post("/v1/admission/rule", &rule).await?.ok()?;
        let rule = made["rule"]["id"].as_u64().context("no id")?;
        let path = format!("/v1/admission/rule/{rule}");
        let same = |shown: &Value| {
            let shown = &shown["rule"]["criteria"][0];
            let sent = criterion.as_object().context("no criterion")?;
            // Empty texts are not shown.
            ensure!(
                sent.iter().all(|(key, value)| shown[key] == *value || value == ""),
                "{criterion} is shown as {shown}"
            );
            Ok(())
        };
        same(&fleet.admin.get(&path).await?.ok()?)?;
        let known = wait::until("the rule is there", || async {
            let answer = agent.get(&path).await?;
            Ok((answer.status == 200).then_some(answer))
        });
        same(&known.await?.ok()?)?;
        let name = criterion["name"].as_str().unwrap_or_default();
        if NOT_EVALUATED.contains(&name) {
            let errors = format!("/v1/fed/member/{id}/errors");
            wait::until("the cluster reports the rule", || async {
                let told = fleet.admin.get(&errors).await?;
                let told = told.text.contains(name) && told.text.contains("not in force");
                Ok(wait::when(told))
            })
            .await?;
        }
        fleet.admin.delete(&path).await?.ok()?;
    }
    Ok(())
}

#[tokio::test]
async fn clients_are_told_how_paths_are_compared() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let agent = fleet.agent("staging")?.admin().await?;
    for rest in [&fleet.admin, &agent] {
        let options = rest.get("/v1/admission/options").await?.ok()?;
        let custom = options["admission_custom_criteria_options"].as_array().context("none")?;
        let kinds: Vec<_> = custom.iter().filter_map(|kind| kind["valuetype"].as_str()).collect();
        assert_eq!(kinds, ["key", "string", "number", "boolean"]);
    }
    Ok(())
}
