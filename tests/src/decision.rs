//! What the webhook decides about an image, and the rule that makes it decide.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{Fleet, wait};

/// The review of a pod of one image.
pub fn pod(image: &str) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "7c1f1f0a-0000-4000-8000-000000000008",
            "kind": { "group": "", "version": "v1", "kind": "Pod" },
            "resource": { "group": "", "version": "v1", "resource": "pods" },
            "name": "till", "namespace": "shop", "operation": "CREATE", "dryRun": false,
            "userInfo": { "username": "barista", "groups": [] },
            "object": {
                "apiVersion": "v1", "kind": "Pod",
                "metadata": { "name": "till", "namespace": "shop" },
                "spec": { "containers": [{ "name": "till", "image": image }] }
            },
            "oldObject": null
        }
    })
}

/// Has the cluster deny images with a vulnerability.
pub async fn deny_vulnerability(fleet: &Fleet, cluster: &str, name: &str) -> Result<()> {
    let member = fleet.member(cluster).await?.context("no member")?;
    let id = member["id"].as_str().context("no id")?;
    let state = json!({ "state": { "enable": true, "mode": "protect" } });
    fleet.admin.patch(&format!("/v1/fed/cluster/{id}/v1/admission/state"), &state).await?.ok()?;
    let rule = json!({ "config": { "id": 0, "category": "Kubernetes", "cfg_type": "federal",
        "rule_type": "deny", "comment": "", "disable": false, "containers": ["containers"],
        "criteria": [{ "name": "cveNames", "op": "containsAny", "value": name }] } });
    fleet.admin.post("/v1/admission/rule", &rule).await?.ok()?;
    Ok(())
}

/// Waits until the cluster allows, or denies, a pod of the image.
pub async fn wait_for(fleet: &Fleet, cluster: &str, image: &str, allowed: bool) -> Result<()> {
    wait::until(&format!("{image} is allowed: {allowed}"), || async {
        let answer = fleet.agent(cluster)?.review(&pod(image)).await?;
        ensure!(answer["response"]["allowed"] == allowed, "{answer}");
        Ok(Some(()))
    })
    .await
}
