//! What delegates may change.

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Delegation, env, group, prod};

#[tokio::test]
async fn a_delegate_writes_what_is_provably_within() -> Result<()> {
    let delegation = Delegation::start().await?;
    let admin = &delegation.admin;
    admin.post("/v1/group", &group("fed.all", None)).await?.ok()?;
    admin.post("/v1/group", &group("fed.test", Some(env("test")))).await?.ok()?;
    let delegate = delegation.delegate("mary", "fedAdmin", &prod()).await?;
    let either = json!({ "matchExpressions":
        [{ "key": "env", "operator": "In", "values": ["prod", "test"] }] });
    for selector in [None, Some(json!({})), Some(env("test")), Some(either)] {
        let refused = delegate.post("/v1/group", &group("fed.mine", selector)).await?;
        refused.expect(403, 25)?;
        ensure!(refused.text.contains("cluster_selector"), "{}", refused.text);
    }
    let narrow = json!({ "matchLabels": { "env": "prod", "region": "eu" } });
    delegate.post("/v1/group", &group("fed.mine", Some(narrow))).await?.ok()?;
    delegate.patch("/v1/group/fed.mine", &group("fed.mine", Some(env("prod")))).await?.ok()?;
    // What is for others is read, and neither changed, taken over nor deleted.
    let shown = delegate.get("/v1/group/fed.test").await?.ok()?;
    ensure!(shown["group"]["cluster_selector"] == env("test"), "{shown}");
    for name in ["fed.all", "fed.test"] {
        let path = format!("/v1/group/{name}");
        delegate.patch(&path, &group(name, Some(env("prod")))).await?.expect(403, 25)?;
        delegate.delete(&path).await?.expect(403, 25)?;
    }
    delegate
        .patch("/v1/group/fed.mine", &group("fed.mine", Some(json!({}))))
        .await?
        .expect(403, 25)?;
    let profile = |name: &str| {
        json!({ "process_profile_config": { "group": name, "process_change_list":
            [{ "name": "sh", "path": "/bin/sh", "action": "deny" }] } })
    };
    delegate.patch("/v1/process_profile/fed.mine", &profile("fed.mine")).await?.ok()?;
    delegate.patch("/v1/process_profile/fed.all", &profile("fed.all")).await?.expect(403, 25)?;

    let rule = |selector: Value| {
        json!({ "insert": { "rules": [{ "id": 0, "from": "fed.all", "to": "external",
            "ports": "any", "action": "deny", "applications": [], "cfg_type": "federal",
            "cluster_selector": selector }] } })
    };
    let path = "/v1/policy/rule?scope=fed";
    delegate.patch(path, &rule(env("prod"))).await?.ok()?;
    delegate.patch(path, &rule(env("test"))).await?.expect(403, 25)?;
    admin
        .patch(
            path,
            &json!({ "insert": { "rules": [{ "id": 0, "from": "fed.all",
        "to": "external", "ports": "any", "action": "deny", "applications": [],
        "cfg_type": "federal" }] } }),
        )
        .await?
        .ok()?;
    // All rules are also those of others.
    delegate.delete(path).await?.expect(403, 25)?;
    delegate.post("/v1/fed/history/1/rollback", &Value::Null).await?.expect(403, 25)?;

    let hook = |selector: Value| {
        json!({ "config": { "name": "fed.hook", "url": "https://127.0.0.1:1/", "enable": true,
            "type": "JSON", "cfg_type": "federal", "cluster_selector": selector } })
    };
    let path = "/v1/system/config/webhook";
    delegate.post(path, &hook(json!({}))).await?.expect(403, 25)?;
    delegate.post(path, &hook(env("prod"))).await?.ok()?;

    let all = delegate.get("/v1/fed/policy").await?;
    ensure!(all.text.contains("fed.test"), "{}", all.text);
    let applied =
        delegate.send(Method::POST, "/v1/fed/policy", Some(all.text.clone())).await?.ok()?;
    assert_eq!(applied["plan"], json!([]), "what is so already is no change");
    let kept = all.text.split("\n- ").find(|text| text.contains("fed.hook"));
    let pruned = format!("items:\n- {}", kept.context("no webhook")?);
    let path = "/v1/fed/policy?prune=true&dry_run=true";
    delegate.send(Method::POST, path, Some(pruned)).await?.expect(403, 25)?;

    // Who has a list of clusters, or namespaces, reads what is federated.
    let listed = json!({ "clusters": ["shop-eu"] });
    let listed = delegation.delegate("paul", "fedAdmin", &listed).await?;
    let refused = listed.post("/v1/group", &group("fed.his", Some(env("prod")))).await?;
    refused.expect(403, 25)?;
    ensure!(refused.text.contains("labels"), "{}", refused.text);
    let reader = delegation.delegate("rita", "fedReader", &prod()).await?;
    reader.post("/v1/group", &group("fed.hers", Some(env("prod")))).await?.expect(403, 25)?;
    reader.get("/v1/group/fed.mine").await?.ok()?;
    Ok(())
}
