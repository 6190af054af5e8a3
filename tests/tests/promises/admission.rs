//! The webhook decides, by federated rules and what the primary scanned.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use palisade_tests::{Fleet, vulndb, wait};
use serde_json::{Value, json};

/// Bodies recorded from a real API server; none where they are not at hand.
fn recorded(name: &str) -> Result<Option<Value>> {
    let Some(folder) = recorded_bodies()? else { return Ok(None) };
    let text = std::fs::read(folder.join(name)).with_context(|| name.to_owned())?;
    Ok(Some(serde_json::from_slice(&text)?))
}

fn recorded_bodies() -> Result<Option<PathBuf>> {
    let folder = vulndb::repository()?.join("../shared/fixtures/kubernetes/admission-review");
    if folder.is_dir() {
        return Ok(Some(folder));
    }
    println!("skipped: no recorded bodies in {}", folder.display());
    Ok(None)
}

fn pod(privileged: bool) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "7c1f1f0a-0000-4000-8000-000000000007",
            "kind": { "group": "", "version": "v1", "kind": "Pod" },
            "resource": { "group": "", "version": "v1", "resource": "pods" },
            "name": "till", "namespace": "shop", "operation": "CREATE", "dryRun": false,
            "userInfo": { "username": "barista", "groups": [] },
            "object": {
                "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "till", "namespace": "shop" },
                "spec": { "containers": [{ "name": "till", "image": "shop/till:v1",
                    "securityContext": { "privileged": privileged } }] }
            },
            "oldObject": null
        }
    })
}

/// Turns the webhook to Protect or Monitor through the primary.
async fn set_mode(fleet: &Fleet, mode: &str) -> Result<()> {
    let member = fleet.member("staging").await?.context("no member")?;
    let id = member["id"].as_str().context("no id")?;
    let state = json!({ "state": { "enable": true, "mode": mode } });
    fleet.admin.patch(&format!("/v1/fed/cluster/{id}/v1/admission/state"), &state).await?.ok()?;
    Ok(())
}

/// A federated rule against privileged containers; gives its id.
async fn deny_privileged(fleet: &Fleet) -> Result<u64> {
    let rule = json!({ "config": { "id": 0, "category": "Kubernetes", "cfg_type": "federal",
        "rule_type": "deny", "comment": "", "disable": false, "containers": ["containers"],
        "criteria": [{ "name": "runAsPrivileged", "op": "=", "value": "true" }] } });
    let answer = fleet.admin.post("/v1/admission/rule", &rule).await?.ok()?;
    answer["rule"]["id"].as_u64().with_context(|| format!("no id in {answer}"))
}

/// Whether the primary has an event of staging with this text in its message.
async fn has_event(fleet: &Fleet, name: &str, text: &str) -> Result<bool> {
    let answer = fleet.admin.get(&format!("/v1/fed/events?name={name}")).await?.ok()?;
    let events = answer["events"].as_array().context("no events")?;
    Ok(events.iter().any(|event| {
        event["cluster_name"] == "staging"
            && event["detail"]["message"].as_str().is_some_and(|message| message.contains(text))
    }))
}

async fn wait_for_event(fleet: &Fleet, name: &str, text: &str) -> Result<()> {
    wait::until(&format!("{name} is on the primary"), || async {
        Ok(wait::when(has_event(fleet, name, text).await?))
    })
    .await
}

async fn wait_for_decision(fleet: &Fleet, review: &Value, allowed: bool) -> Result<Value> {
    wait::until(&format!("allowed: {allowed}"), || async {
        let answer = fleet.agent("staging")?.review(review).await?;
        Ok((answer["response"]["allowed"] == allowed).then_some(answer))
    })
    .await
}

#[tokio::test]
async fn protect_denies_and_the_primary_sees_it() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    set_mode(&fleet, "protect").await?;
    let id = deny_privileged(&fleet).await?;
    ensure!((100_001..=109_999).contains(&id), "{id} is no federal id");
    let answer = wait_for_decision(&fleet, &pod(true), false).await?;
    assert_eq!(answer["apiVersion"], "admission.k8s.io/v1");
    assert_eq!(answer["kind"], "AdmissionReview");
    assert_eq!(answer["response"]["uid"], pod(true)["request"]["uid"]);
    wait_for_decision(&fleet, &pod(false), true).await?;
    wait_for_event(&fleet, "Admission.Control.Denied", &id.to_string()).await?;
    tells_the_rule(&fleet, true, id).await?;
    fleet.admin.delete(&format!("/v1/admission/rule/{id}")).await?.ok()?;
    wait_for_decision(&fleet, &pod(true), true).await?;
    Ok(())
}

#[tokio::test]
async fn monitor_allows_and_records() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    set_mode(&fleet, "monitor").await?;
    let id = deny_privileged(&fleet).await?;
    fleet.wait_for_status("staging", "synced").await?;
    wait::until("a violation is recorded", || async {
        let answer = fleet.agent("staging")?.review(&pod(true)).await?;
        ensure!(answer["response"]["allowed"] == true, "monitor denied: {answer}");
        Ok(wait::when(has_event(&fleet, "Admission.Control.Violation", "till").await?))
    })
    .await?;
    tells_the_rule(&fleet, false, id).await
}

#[tokio::test]
async fn a_record_that_the_database_would_refuse_holds_up_no_other() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    set_mode(&fleet, "protect").await?;
    deny_privileged(&fleet).await?;
    wait_for_decision(&fleet, &pod(true), false).await?;
    for name in ["zero\u{0}", "afterwards"] {
        let mut asked = pod(true);
        asked["request"]["name"] = name.into();
        asked["request"]["object"]["metadata"]["name"] = name.into();
        let answer = fleet.agent("staging")?.review(&asked).await?;
        ensure!(answer["response"]["allowed"] == false, "{answer}");
    }
    wait::until("both denials are told", || async {
        let told = fleet.admin.get("/v1/fed/denials").await?.ok()?.to_string();
        ensure!(told.contains("afterwards") && told.contains("zero\u{fffd}"), "{told}");
        Ok(Some(()))
    })
    .await
}

/// The record of a denial, and of what would have been one, names the rule in
/// fields of its own: in the log of the cluster, in the event and in the denial.
async fn tells_the_rule(fleet: &Fleet, denied: bool, id: u64) -> Result<()> {
    let answer = fleet.admin.get("/v1/fed/denials").await?.ok()?;
    let mut denials = answer["denials"].as_array().context("no denials")?.iter();
    let denial = denials.rfind(|denial| denial["denied"] == denied);
    let denial = denial.with_context(|| format!("no denial: {answer}"))?;
    let name = if denied { "Admission.Control.Denied" } else { "Admission.Control.Violation" };
    let events = fleet.admin.get(&format!("/v1/fed/events?name={name}")).await?.ok()?;
    let event = events["events"].as_array().and_then(|events| events.last());
    let event = event.with_context(|| format!("no event: {events}"))?;
    let member = fleet.member("staging").await?.context("no member")?;
    let member = member["id"].as_str().context("no id")?;
    let log = fleet.admin.get(&format!("/v1/fed/cluster/{member}/v1/log/audit")).await?.ok()?;
    let mut audits = log["audits"].as_array().context("no audits")?.iter();
    let audit = audits.rfind(|audit| audit["name"] == name);
    let audit = audit.with_context(|| format!("no audit: {log}"))?;
    for record in [denial, &event["detail"], audit] {
        assert_eq!(record["admission_rule_id"], id, "{record}");
        assert_eq!(record["admission_rule_cfg_type"], "federal", "{record}");
        // And all that the message says, for who says it in another language.
        let asked = &pod(true)["request"]["object"]["spec"]["containers"][0];
        assert_eq!(record["container"], asked["name"], "{record}");
        assert_eq!(record["unscanned_images"], json!([asked["image"]]), "{record}");
        assert_eq!(record["operation"], "Creation", "{record}");
        assert_eq!(record["resource_kind"], "Pod", "{record}");
        let criteria = record["admission_criteria"].as_array().context("no criteria")?;
        ensure!(criteria.iter().any(|one| one["name"] == "runAsPrivileged"), "{record}");
    }
    let csv = fleet.admin.get("/v1/fed/denials?format=csv").await?.text;
    ensure!(csv.contains(&format!(",{id},federal,")), "{csv}");
    Ok(())
}

#[tokio::test]
async fn a_killed_agent_loses_no_denial() -> Result<()> {
    let mut fleet = Fleet::start(&["staging"]).await?;
    set_mode(&fleet, "protect").await?;
    deny_privileged(&fleet).await?;
    wait_for_decision(&fleet, &pod(true), false).await?;
    // Denied while nobody listens, then killed at once.
    fleet.primary.kill().await?;
    let mut last = pod(true);
    last["request"]["object"]["metadata"]["name"] = "last-words".into();
    last["request"]["name"] = "last-words".into();
    let answer = fleet.agent("staging")?.review(&last).await?;
    assert_eq!(answer["response"]["allowed"], false);
    fleet.agent_mut("staging")?.kill().await?;
    fleet.primary.restart().await?;
    fleet.agent_mut("staging")?.restart().await?;
    fleet.admin = fleet.primary.admin().await?;
    wait_for_event(&fleet, "Admission.Control.Denied", "last-words").await
}

#[tokio::test]
async fn malformed_reviews_are_refused() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    for body in [json!({}), json!([1]), json!({ "kind": "AdmissionReview", "request": null })] {
        ensure!(fleet.agent("staging")?.review(&body).await.is_err(), "answered {body}");
    }
    Ok(())
}

#[tokio::test]
async fn recorded_bodies_are_answered_in_their_version() -> Result<()> {
    let Some(folder) = recorded_bodies()? else { return Ok(()) };
    let fleet = Fleet::start(&["staging"]).await?;
    set_mode(&fleet, "protect").await?;
    let mut answered = 0;
    for entry in std::fs::read_dir(folder)? {
        let review: Value = serde_json::from_slice(&std::fs::read(entry?.path())?)?;
        if review["kind"] != "AdmissionReview" {
            continue;
        }
        let answer = fleet.agent("staging")?.review(&review).await?;
        assert_eq!(answer["apiVersion"], review["apiVersion"]);
        assert_eq!(answer["response"]["uid"], review["request"]["uid"]);
        assert_eq!(answer["response"]["allowed"], true, "no rule, yet denied: {answer}");
        answered += 1;
    }
    ensure!(answered > 20, "only {answered} recorded bodies");
    Ok(())
}

#[tokio::test]
async fn a_recorded_privileged_pod_is_denied() -> Result<()> {
    let Some(privileged) = recorded("pod-create-privileged-hostpath-hostns.json")? else {
        return Ok(());
    };
    let Some(plain) = recorded("pod-create-restricted.json")? else { return Ok(()) };
    let fleet = Fleet::start(&["staging"]).await?;
    set_mode(&fleet, "protect").await?;
    deny_privileged(&fleet).await?;
    wait_for_decision(&fleet, &privileged, false).await?;
    wait_for_decision(&fleet, &plain, true).await?;
    Ok(())
}
