//! What a cluster has of its own, of every kind: made and changed there, by its own
//! REST API and through the primary, beside what is federated.

use anyhow::{Context, Result, ensure};
use palisade_tests::{Agent, Fleet, Rest, wait};
use reqwest::Method;
use serde_json::{Value, json};

use super::kinds::{Write, kinds, shows};

/// The same write or path of a cluster's own object: names and ids of the federation
/// become those of a cluster.
fn own(text: &str) -> String {
    let text = text.replace("fed.", "").replace("?scope=fed", "");
    let text = text.replace(r#""federal""#, r#""user_created""#);
    let id = if text.contains("policy") {
        "1"
    } else if text.contains("response") {
        "8"
    } else {
        "1000"
    };
    text.replace("100001", id)
}

/// The body says nothing of its kind, so the path tells which ids it has.
fn own_body(path: &str, body: &Value) -> Option<String> {
    if body.is_null() {
        return None;
    }
    let mark = format!("{path}\n{body}");
    own(&mark).split_once('\n').map(|(_, body)| body.to_owned())
}

pub(super) async fn write(rest: &Rest, prefix: &str, (method, path, body): &Write) -> Result<()> {
    let at = format!("{prefix}{}", own(path));
    let answer = rest.send(method.clone(), &at, own_body(path, body)).await?;
    answer.ok().map(drop).with_context(|| format!("{method} {at}"))
}

fn paths(read: &[&str]) -> Vec<String> {
    read.iter().map(|path| own(path)).collect()
}

async fn show(rest: &Rest, prefix: &str, read: &[&str], text: &str) -> Result<()> {
    let paths = paths(read);
    shows(rest, prefix, &paths.iter().map(String::as_str).collect::<Vec<_>>(), text).await
}

#[tokio::test]
async fn every_kind_is_made_in_a_cluster_too_and_kept_for_it() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let start = async |token: &str| {
        Agent::builder("staging", token).arg("--cluster-uid=the-uid").start().await
    };
    let mut first = start(&fleet.primary.token(&[]).await?).await?;
    fleet.wait_for_status("staging", "synced").await?;
    let member = fleet.member("staging").await?.context("no member")?;
    let id = member["id"].as_str().context("no id")?;
    let forwarded = format!("/v1/fed/cluster/{id}");
    let local = first.admin().await?;
    let kinds = kinds();
    // Made by one way and changed by the other.
    for (at, kind) in kinds.iter().enumerate() {
        let ways = [(&local, ""), (&fleet.admin, forwarded.as_str())];
        let (make, change) = if at % 2 == 0 { (ways[0], ways[1]) } else { (ways[1], ways[0]) };
        write(make.0, make.1, &kind.make).await?;
        show(&local, "", kind.read, kind.made).await?;
        write(change.0, change.1, &kind.change).await?;
        show(&local, "", kind.read, kind.changed).await?;
        show(&fleet.admin, &forwarded, kind.read, kind.changed).await?;
    }
    // None of it is federated.
    let mine = fleet.admin.get("/v1/policy/rule?scope=fed").await?.ok()?;
    assert_eq!(mine["rules"], json!([]));
    // What is used stays.
    local.delete("/v1/group/shop").await?.expect(409, 16)?;
    local.delete("/v1/system/config/webhook/pager").await?.expect(409, 16)?;
    local.delete("/v1/dlp/sensor/leaks").await?.expect(409, 16)?;

    first.stop().await?;
    first.restart().await?;
    let local = first.admin().await?;
    for kind in &kinds {
        show(&local, "", kind.read, kind.changed).await?;
    }
    // With its disks lost it gets everything back from the primary.
    let marker = json!({ "config": { "name": "made-last", "cfg_type": "user_created",
        "criteria": [{ "key": "service", "op": "=", "value": "last" }] } });
    local.post("/v1/group", &marker).await?.ok()?;
    let newest = format!("{forwarded}/configuration/newest");
    wait::until("the primary keeps what was made last", || async {
        Ok(wait::when(fleet.admin.get(&newest).await?.text.contains("made-last")))
    })
    .await?;
    first.stop().await?;
    drop(first);
    fleet.wait_for_status("staging", "disconnected").await?;
    let second = start(&fleet.primary.token(&[]).await?).await?;
    fleet.wait_for_status("staging", "synced").await?;
    let local = second.admin().await?;
    for kind in &kinds {
        show(&local, "", kind.read, kind.changed).await?;
    }
    for kind in kinds.iter().rev() {
        if let Some(delete) = &kind.delete {
            write(&local, "", delete).await?;
            let list = local.get(&own(kind.read[0])).await?;
            ensure!(!list.text.contains(kind.changed), "{}", list.text);
        }
    }
    Ok(())
}

/// What a cluster refuses of its own: method, path, body, status, code, and a word of
/// the message.
const WRONG: &[(&str, &str, &str, u16, u64, &str)] = &[
    (
        "POST",
        "/v1/group",
        r#"{"config":{"name":"nodes","criteria":[{"key":"service","op":"=","value":"x"}]}}"#,
        400,
        15,
        "reserved",
    ),
    (
        "POST",
        "/v1/group",
        r#"{"config":{"name":"nv.x.shop","criteria":[{"key":"service","op":"=","value":"x"}]}}"#,
        400,
        15,
        "reserved",
    ),
    (
        "POST",
        "/v1/group",
        r#"{"config":{"name":"shop","criteria":[{"key":"service","op":"=","value":"x"}]}}"#,
        400,
        13,
        "exists",
    ),
    ("DELETE", "/v1/group/containers", "", 400, 6, "built in"),
    ("PATCH", "/v1/group/none", r#"{"config":{"name":"none"}}"#, 404, 7, "none"),
    (
        "PATCH",
        "/v1/policy/rule",
        r#"{"insert":{"rules":[{"id":0,"from":"fed.web","to":"external","action":"allow"}]}}"#,
        400,
        6,
        "fed.web",
    ),
    (
        "PATCH",
        "/v1/policy/rule",
        r#"{"insert":{"rules":[{"id":0,"from":"none","to":"external","action":"allow"}]}}"#,
        400,
        6,
        "none",
    ),
    (
        "PATCH",
        "/v1/policy/rule",
        r#"{"insert":{"rules":[{"id":10001,"from":"shop","to":"external","action":"allow"}]}}"#,
        400,
        6,
        "10001",
    ),
    (
        "PATCH",
        "/v1/policy/rule",
        r#"{"insert":{"rules":[{"id":0,"from":"shop","to":"external","action":"allow","cluster_selector":{"matchLabels":{"a":"b"}}}]}}"#,
        400,
        6,
        "cluster_selector",
    ),
    ("PATCH", "/v1/policy/rule", r#"{"move":{"id":7,"after":0}}"#, 404, 7, "7"),
    ("PATCH", "/v1/policy/rule", "{}", 400, 6, "move"),
    ("PATCH", "/v1/policy/rule", r#"{"rules":[{"id":100001}]}"#, 403, 25, "Federated"),
    (
        "POST",
        "/v1/admission/rule",
        r#"{"config":{"rule_type":"deny","cfg_type":"ground","criteria":[{"name":"namespace","op":"containsAny","value":"x"}]}}"#,
        400,
        6,
        "cfg_type",
    ),
    (
        "PATCH",
        "/v1/policy/rule",
        r#"{"insert":{"rules":[{"id":0,"from":"shop","to":"external","action":"allow","cfg_type":"learned"}]}}"#,
        400,
        6,
        "cfg_type",
    ),
    ("DELETE", "/v1/policy/rule/7", "", 404, 7, "7"),
    (
        "PATCH",
        "/v1/response/rule",
        r#"{"insert":{"rules":[{"event":"event","group":"fed.web","conditions":[{"type":"level","value":"Info"}],"actions":["quarantine"]}]}}"#,
        400,
        6,
        "fed.web",
    ),
    (
        "PATCH",
        "/v1/response/rule",
        r#"{"insert":{"rules":[{"event":"event","conditions":[{"type":"level","value":"Info"}],"actions":["webhook"],"webhooks":["none"]}]}}"#,
        400,
        6,
        "none",
    ),
    (
        "PATCH",
        "/v1/file_monitor/nodes",
        r#"{"config":{"add_filters":[{"filter":"/etc/x","behavior":"block_access"}]}}"#,
        400,
        7,
        "nodes",
    ),
    (
        "PATCH",
        "/v1/process_profile/external",
        r#"{"process_profile_config":{"group":"external","alert_disabled":true}}"#,
        400,
        7,
        "external",
    ),
    ("DELETE", "/v1/dlp/sensor/sensor.ssn", "", 400, 6, "built in"),
    ("POST", "/v1/dlp/sensor", r#"{"config":{"name":"sensor.ssn"}}"#, 400, 13, "sensor.ssn"),
    (
        "PATCH",
        "/v1/dlp/group/shop",
        r#"{"config":{"sensors":[{"name":"fed.sensor.ssn","action":"deny"}]}}"#,
        400,
        6,
        "fed.sensor.ssn",
    ),
    (
        "POST",
        "/v1/system/config/webhook",
        r#"{"config":{"name":"x","url":"ftp://x"}}"#,
        400,
        6,
        "url",
    ),
    ("PATCH", "/v1/system/config", r#"{"config":{"cluster_name":"x"}}"#, 400, 4, "webhooks"),
    ("POST", "/v1/scan/registry", r#"{"config":{"name":"hub"}}"#, 400, 4, "primary"),
];

#[tokio::test]
async fn what_is_wrong_is_refused_and_what_is_federated_stays_apart() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let local = fleet.agent("staging")?.admin().await?;
    let group = |name: &str, kind: &str| {
        json!({ "config": { "name": name, "cfg_type": kind,
            "criteria": [{ "key": "service", "op": "=", "value": name }] } })
    };
    fleet.admin.post("/v1/group", &group("fed.web", "federal")).await?.ok()?;
    local.post("/v1/group", &group("shop", "user_created")).await?.ok()?;
    shows(&local, "", &["/v1/group/fed.web"], "fed.web").await?;
    for (method, path, body, status, code, word) in WRONG {
        let sent = (!body.is_empty()).then(|| (*body).to_owned());
        let answer = local.send(Method::from_bytes(method.as_bytes())?, path, sent).await?;
        ensure!(answer.text.contains(word), "{method} {path} {body}: {}", answer.text);
        answer.expect(*status, *code).with_context(|| format!("{method} {path} {body}"))?;
    }
    let names = async |scope: &str| {
        let list = local.get(&format!("/v1/group?brief=true{scope}")).await?.ok()?;
        let groups = list["groups"].as_array().context("no list")?.clone();
        anyhow::Ok(json!(groups.iter().map(|one| one["name"].clone()).collect::<Vec<_>>()))
    };
    let own = json!(["containers", "external", "nodes", "shop"]);
    assert_eq!(names("&scope=local").await?, own);
    assert_eq!(names("&scope=fed").await?, json!(["fed.containers", "fed.nodes", "fed.web"]));
    // Federated rules come first, whenever they were made.
    let rule = |from: &str, kind: &str| {
        json!({ "insert": { "rules": [{ "id": 0, "from": from, "to": "external", "ports": "any",
            "applications": ["any"], "action": "deny", "cfg_type": kind }] } })
    };
    local.patch("/v1/policy/rule", &rule("shop", "user_created")).await?.ok()?;
    fleet.admin.patch("/v1/policy/rule?scope=fed", &rule("fed.web", "federal")).await?.ok()?;
    shows(&local, "", &["/v1/policy/rule"], "100001").await?;
    let listed = async || {
        let rules = local.get("/v1/policy/rule").await?.ok()?;
        let rules = rules["rules"].as_array().context("no list")?;
        anyhow::Ok(rules.iter().filter_map(|rule| rule["id"].as_u64()).collect::<Vec<_>>())
    };
    assert_eq!(listed().await?, [100_001, 1]);
    // One that is wanted beside a federated rule becomes the first of the cluster's own.
    for (after, expected) in [(100_001, vec![100_001, 2, 1]), (-100_001, vec![100_001, 3, 2, 1])] {
        let mut insert = rule("shop", "user_created");
        insert["insert"]["after"] = json!(after);
        local.patch("/v1/policy/rule", &insert).await?.ok()?;
        assert_eq!(listed().await?, expected, "inserted after {after}");
    }
    let shift = |after: i64| json!({ "move": { "id": 1, "after": after } });
    local.patch("/v1/policy/rule", &shift(100_001)).await?.ok()?;
    assert_eq!(listed().await?, [100_001, 1, 3, 2]);
    local.patch("/v1/policy/rule", &shift(100_999)).await?.expect(404, 7)?;
    // A whole list as it is shown: what is federated among it stays where it is.
    let whole = json!({ "rules": [{ "id": 100_001 }, { "id": 2 }, { "id": 3 }, { "id": 1 }] });
    local.patch("/v1/policy/rule?scope=local", &whole).await?.ok()?;
    assert_eq!(listed().await?, [100_001, 2, 3, 1]);
    // Leaving takes what is federated and nothing else.
    local.post("/v1/fed/leave", &json!({})).await?.ok()?;
    wait::until("what was federated is gone", || async {
        let rules = local.get("/v1/policy/rule").await?.ok()?;
        Ok(wait::when(rules["rules"].as_array().is_some_and(|rules| rules.len() == 3)))
    })
    .await?;
    assert_eq!(names("").await?, own);
    Ok(())
}

#[tokio::test]
async fn rules_of_the_home_cluster_are_promoted_with_all_that_they_name() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let _home = Agent::join("home", &fleet.primary.token(&["--home"]).await?).await?;
    fleet.wait_for_status("home", "synced").await?;
    // Without a scope, a write on the primary means its own cluster.
    let admin = &fleet.admin;
    let group = json!({ "config": { "name": "shop", "cfg_type": "user_created",
        "comment": "sells", "criteria": [{ "key": "service", "op": "=", "value": "shop" }] } });
    admin.post("/v1/group", &group).await?.ok()?;
    let profile = json!({ "process_profile_config": { "group": "shop", "process_change_list":
        [{ "name": "sh", "path": "/bin/sh", "action": "deny", "group": "shop" }] } });
    admin.patch("/v1/process_profile/shop", &profile).await?.ok()?;
    let monitor = json!({ "config": { "add_filters": [{ "filter": "/etc/shop.conf",
        "behavior": "block_access" }] } });
    admin.patch("/v1/file_monitor/shop", &monitor).await?.ok()?;
    let sensor = json!({ "config": { "name": "leaks", "rules": [{ "name": "leak", "patterns":
        [{ "key": "pattern", "op": "regex", "value": "secret-plan", "context": "body" }] }] } });
    admin.post("/v1/dlp/sensor", &sensor).await?.ok()?;
    let bound = json!({ "config": { "name": "shop", "status": true, "sensors":
        [{ "name": "leaks", "action": "deny" }, { "name": "sensor.ssn", "action": "allow" }] } });
    admin.patch("/v1/dlp/group/shop", &bound).await?.ok()?;
    let rule = json!({ "insert": { "rules": [
        { "id": 0, "from": "shop", "to": "containers", "ports": "tcp/443",
          "applications": ["SSL"], "action": "allow", "comment": "sells" },
        { "id": 0, "from": "Host:worker-1", "to": "shop", "ports": "any",
          "applications": ["any"], "action": "deny" }] } });
    admin.patch("/v1/policy/rule", &rule).await?.ok()?;

    let promote = async |ids: Value| {
        admin.post("/v1/policy/rules/promote", &json!({ "request": { "ids": ids } })).await
    };
    let single = promote(json!([2])).await?;
    ensure!(single.text.contains("Host:worker-1"), "{}", single.text);
    ensure!(!single.status.is_success());
    promote(json!([1])).await?.ok()?;
    let remote = fleet.agent("staging")?.admin().await?;
    for rest in [admin, &remote] {
        for (path, text) in [
            ("/v1/policy/rule/100001", r#""from":"fed.shop""#),
            ("/v1/policy/rule/100001", r#""to":"fed.containers""#),
            ("/v1/policy/rule/100001", "promoted from rule 1"),
            ("/v1/group/fed.shop", "sells"),
            ("/v1/process_profile/fed.shop", "/bin/sh"),
            ("/v1/file_monitor/fed.shop", "/etc/shop.conf"),
            ("/v1/dlp/sensor/fed.leaks", "secret-plan"),
            ("/v1/dlp/group/fed.shop", "fed.leaks"),
            ("/v1/dlp/group/fed.shop", "fed.sensor.ssn"),
        ] {
            shows(rest, "", &[path], text).await?;
        }
    }
    // The original stays, and lists without a scope have both, as one.
    let ids = async |query: &str| {
        let list = admin.get(&format!("/v1/policy/rule{query}")).await?.ok()?;
        let rules = list["rules"].as_array().context("no list")?.clone();
        anyhow::Ok(json!(rules.iter().map(|rule| rule["id"].clone()).collect::<Vec<_>>()))
    };
    for (query, expected) in [
        ("?scope=local", json!([1, 2])),
        ("?scope=fed", json!([100_001])),
        ("", json!([100_001, 1, 2])),
        ("?start=1&limit=1", json!([1])),
        ("?s_id=desc&limit=2", json!([100_001, 2])),
        ("?f_action=deny", json!([2])),
    ] {
        assert_eq!(ids(query).await?, expected, "{query}");
    }
    let groups = admin.get("/v1/group?brief=true&f_name=in,shop").await?.ok()?;
    assert_eq!(groups["groups"].as_array().context("no list")?.len(), 2);
    Ok(())
}
