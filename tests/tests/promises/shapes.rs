//! Answers have the shape that clients of the REST API take for granted.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use palisade_tests::image::{ImageBuilder, debian_layer};
use palisade_tests::reference::Reference;
use palisade_tests::{Fleet, Primary, Registry, Rest, vulndb, wait};
use serde_json::{Value, json};

/// What a request could name.
type Parameters = BTreeMap<&'static str, String>;

#[tokio::test]
async fn every_answer_has_the_keys_that_clients_read_unseen() -> Result<()> {
    let Some(reference) = Reference::read()? else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    let database = dir.path().join("vulndb");
    vulndb::build(&database).await?;
    let primary = Primary::builder().arg("--vulndb").arg(&database).start().await?;
    let fleet = Fleet::of(primary, &["staging"]).await?;
    let registry = Registry::start().await?;
    let parameters = furnish(&fleet, &registry).await?;
    let cluster = parameters.get("cluster").context("no cluster")?;

    let mut misfits = Vec::new();
    for before in [String::new(), format!("/v1/fed/cluster/{cluster}")] {
        let shaped = shapes(&reference, &fleet.admin, &before, &parameters, &mut misfits).await?;
        println!("{shaped} answers below {before:?}");
        ensure!(shaped >= 12, "only {shaped} answers below {before:?} have a shape");
    }
    ensure!(misfits.is_empty(), "{} misfits:\n{}", misfits.len(), misfits.join("\n"));
    Ok(())
}

/// Asks for all that can be read below `before`. Gives the number of answers.
async fn shapes(
    reference: &Reference,
    admin: &Rest,
    before: &str,
    parameters: &Parameters,
    misfits: &mut Vec<String>,
) -> Result<usize> {
    let mut shaped = 0;
    for endpoint in &reference.endpoints {
        if endpoint.method != "GET" || !reference.knows(&endpoint.answer) {
            continue;
        }
        let Some(path) = fill(&endpoint.path, parameters) else { continue };
        let answer = admin.get(&format!("{before}{path}")).await?;
        if answer.status != 200 {
            let failed = answer.status.is_server_error() && answer.status != 501;
            ensure!(!failed, "{path}: {} {}", answer.status, answer.text);
            continue;
        }
        let body = serde_json::from_str(&answer.text).with_context(|| path.clone())?;
        shaped += 1;
        let wrong = reference.misfits(&endpoint.answer, &body);
        misfits.extend(wrong.into_iter().map(|wrong| format!("{before}{path}: {wrong}")));
    }
    Ok(shaped)
}

/// The path with its parameters, none where one is not known. What a
/// parameter is stand the two segments before it for.
fn fill(path: &str, parameters: &Parameters) -> Option<String> {
    let segments: Vec<&str> = path.split('/').collect();
    let mut filled = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        if segment.starts_with('{') {
            let before = segments.get(at.checked_sub(2)?..at)?.join("/");
            filled.push(parameters.get(before.as_str())?.as_str());
        } else {
            filled.push(segment);
        }
    }
    Some(filled.join("/"))
}

/// Makes one of each thing that can be read, and says how they are called.
async fn furnish(fleet: &Fleet, registry: &Registry) -> Result<Parameters> {
    let admin = &fleet.admin;
    let group = json!({ "config": { "name": "fed.orders", "cfg_type": "federal", "comment": "",
        "criteria": [{ "key": "service", "value": "orders", "op": "=" }] } });
    admin.post("/v1/group", &group).await?.ok()?;
    let network = json!({ "insert": { "after": 0, "rules": [{ "id": 0, "from": "fed.orders",
        "to": "external", "ports": "tcp/443", "applications": ["SSL"], "action": "allow",
        "cfg_type": "federal", "learned": false, "disable": false, "comment": "" }] } });
    admin.patch("/v1/policy/rule?scope=fed", &network).await?.ok()?;
    let rules = admin.get("/v1/policy/rule?scope=fed").await?.ok()?;
    let rule = rules["rules"][0]["id"].as_u64().context("no rule")?;
    let admission = json!({ "config": { "id": 0, "category": "Kubernetes", "cfg_type": "federal",
        "rule_type": "deny", "comment": "", "disable": false, "containers": ["containers"],
        "criteria": [{ "name": "namespace", "op": "containsAny", "value": "shop" }] } });
    let admission = admin.post("/v1/admission/rule", &admission).await?.ok()?;
    let admission = admission["rule"]["id"].as_u64().context("no rule")?;

    let image =
        ImageBuilder::new().layer(debian_layer(&[("libssl3", "3.0.9-1", "openssl")])?.layer()?);
    image.build()?.push(&registry.url(), "shop/orders", "v1").await?;
    let config = json!({ "config": { "name": "fed.shop", "registry_type": "Docker Registry",
        "registry": format!("{}/", registry.url()), "filters": ["*"], "cfg_type": "federal" } });
    admin.post("/v1/scan/registry", &config).await?.ok()?;
    admin.post("/v1/scan/registry/fed.shop/scan", &Value::Null).await?.ok()?;
    let image = wait::until("the image is scanned", || async {
        let images = admin.get("/v1/scan/registry/fed.shop/images").await?.ok()?;
        let image = &images["images"][0];
        Ok(wait::when(image["status"] == "finished").map(|()| image["image_id"].clone()))
    })
    .await?;
    let image = image.as_str().context("no image_id")?.to_owned();
    let member = fleet.member("staging").await?.context("no member")?;
    let cluster = member["id"].as_str().context("no id")?.to_owned();
    fleet.wait_for_status("staging", "synced").await?;

    Ok(BTreeMap::from([
        ("v1/group", "fed.orders".to_owned()),
        ("policy/rule", rule.to_string()),
        ("admission/rule", admission.to_string()),
        ("scan/registry", "fed.shop".to_owned()),
        ("{name}/image", image.clone()),
        ("{name}/layers", image),
        ("v1/user", "admin".to_owned()),
        ("fed/view", cluster.clone()),
        ("cluster", cluster),
        ("vulnerability/profile", "default".to_owned()),
        ("v1/password_profile", "nvsyspwdprofile".to_owned()),
    ]))
}
