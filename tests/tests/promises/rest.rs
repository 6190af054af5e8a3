//! The conventions of the REST API: codes, statuses, shapes.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use palisade_tests::{ADMIN_PASSWORD, Agent, Fleet, Primary, Rest};
use reqwest::Method;
use serde_json::{Value, json};

async fn fleet() -> Result<Fleet> {
    Fleet::start(&[]).await
}

#[tokio::test]
async fn sessions_begin_and_end() -> Result<()> {
    let primary = Primary::start().await?;
    let mut rest = primary.rest()?;
    rest.get("/v1/fed/member").await?.expect(401, 3)?;
    let wrong = json!({ "password": { "username": "admin", "password": "wrong" } });
    rest.post("/v1/auth", &wrong).await?.expect(401, 3)?;
    rest.post("/v1/auth", &json!({})).await?.expect(400, 6)?;
    let answer = rest.login("admin", ADMIN_PASSWORD).await?;
    ensure!(answer["token"]["global_permissions"].is_array(), "{answer}");
    rest.get("/v1/fed/member").await?.ok()?;
    rest.delete("/v1/auth").await?.ok()?;
    rest.get("/v1/fed/member").await?.expect(401, 3)?;
    rest.with_token(Some("no.real.token")).get("/v1/group").await?.expect(401, 3)
}

#[tokio::test]
async fn who_guesses_at_a_cluster_has_to_wait() -> Result<()> {
    let fleet = Fleet::start(&["production"]).await?;
    let agent = fleet.agent("production")?;
    let rest = agent.admin().await?;
    let wrong = json!({ "password": { "username": "nobody", "password": "wrong" } });
    for _ in 0..6 {
        rest.post("/v1/auth", &wrong).await?.expect(401, 3)?;
    }
    rest.post("/v1/auth", &wrong).await?.expect(401, 47)?;
    agent.admin().await?;
    Ok(())
}

#[tokio::test]
async fn a_standalone_primary_has_no_federation() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let member = admin.get("/v1/fed/member").await?.ok()?;
    assert_eq!(member["fed_role"], "");
    ensure!(member.get("master_cluster").is_none(), "{member}");
    let federated = json!({ "config": { "name": "fed.shop", "cfg_type": "federal",
        "criteria": [{ "key": "namespace", "op": "=", "value": "shop" }] } });
    for answer in
        [admin.get("/v1/fed/join_token").await?, admin.post("/v1/group", &federated).await?]
    {
        answer.expect(400, 4)?;
        let body: Value = serde_json::from_str(&answer.text)?;
        assert_eq!(body["reason"], "not_primary", "{body}");
    }
    // Other refusals of that code say nothing of it.
    let other = admin.post("/v1/fed/leave", &json!({})).await?;
    other.expect(400, 4)?;
    ensure!(!other.text.contains("\"reason\""), "{}", other.text);
    Ok(())
}

#[tokio::test]
async fn paths_that_do_not_exist() -> Result<()> {
    let fleet = fleet().await?;
    fleet.admin.get("/v1/no/such/thing").await?.expect(404, 1)?;
    let redirected = fleet.admin.get("/v1/fed/member/").await?;
    ensure!(
        redirected.status.is_success() || redirected.status.as_u16() == 301,
        "a slash too many is answered with {}",
        redirected.status
    );
    Ok(())
}

/// What must be refused: method, path, body, status, code.
const REFUSED: &[(&str, &str, &str, u16, u64)] = &[
    ("POST", "/v1/group", "{", 400, 6),
    ("POST", "/v1/group", "[]", 400, 6),
    ("POST", "/v1/group", r#"{"config":{"name":7,"cfg_type":"federal"}}"#, 400, 6),
    ("POST", "/v1/group", r#"{"config":{"name":"fed.","cfg_type":"federal"}}"#, 400, 15),
    ("PATCH", "/v1/group/fed.none", r#"{"config":{"name":"fed.none","comment":"x"}}"#, 404, 7),
    ("DELETE", "/v1/group/fed.none", "", 404, 7),
    ("GET", "/v1/group/fed.none", "", 404, 7),
    ("GET", "/v1/group?scope=everywhere", "", 400, 6),
    ("GET", "/v1/group/%ff", "", 400, 6),
    ("DELETE", "/v1/user/%e2%82", "", 400, 6),
    ("GET", "/v1/workload/%ff", "", 400, 6),
    ("GET", "/v1/fed/cluster/00000000000000000000000000000000/v1/group/%ff", "", 400, 6),
    ("GET", "/v1/policy/rule/100009", "", 404, 7),
    ("DELETE", "/v1/policy/rule/100009", "", 404, 7),
    ("GET", "/v1/admission/rule/100009", "", 404, 7),
    ("DELETE", "/v1/admission/rule/100009", "", 404, 7),
    ("POST", "/v1/admission/rule", "{}", 400, 6),
    ("GET", "/v1/scan/registry/fed.none", "", 404, 7),
    ("POST", "/v1/scan/registry/fed.none/scan", "", 404, 7),
    ("DELETE", "/v1/fed/cluster/00000000000000000000000000000000", "", 400, 7),
    (
        "POST",
        "/v1/fed/deploy",
        r#"{"force":false,"ids":["00000000000000000000000000000000"]}"#,
        400,
        6,
    ),
];

#[tokio::test]
async fn bad_input_is_refused_by_its_code() -> Result<()> {
    let fleet = fleet().await?;
    for (method, path, body, status, code) in REFUSED {
        let body = (!body.is_empty()).then(|| (*body).to_owned());
        let method = Method::from_bytes(method.as_bytes())?;
        fleet.admin.send(method, path, body).await?.expect(*status, *code)?;
    }
    Ok(())
}

fn orders() -> Value {
    json!({ "config": { "name": "fed.orders", "cfg_type": "federal", "no_such_key": [1, 2],
        "criteria": [{ "key": "service", "op": "=", "value": "orders" }] } })
}

#[tokio::test]
async fn unknown_keys_are_ignored_and_duplicates_refused() -> Result<()> {
    let fleet = fleet().await?;
    fleet.admin.post("/v1/group", &orders()).await?.ok()?;
    fleet.admin.post("/v1/group", &orders()).await?.expect(400, 13)?;
    let groups = fleet.admin.get("/v1/group?scope=fed").await?.ok()?;
    let named = groups["groups"].as_array().context("no groups")?;
    assert_eq!(named.iter().filter(|group| group["name"] == "fed.orders").count(), 1);
    Ok(())
}

#[tokio::test]
async fn an_oversized_body_is_refused_and_changes_nothing() -> Result<()> {
    let fleet = fleet().await?;
    let mut oversized = orders();
    oversized["config"]["comment"] = "x".repeat(32 << 20).into();
    // The server may answer or hang up before all was sent; it must not obey.
    if let Ok(answer) = fleet.admin.post("/v1/group", &oversized).await {
        ensure!(answer.status.is_client_error(), "answered {}", answer.status);
    }
    fleet.admin.get("/v1/group/fed.orders").await?.expect(404, 7)
}

fn rule(from: &str, to: &str) -> Value {
    json!({ "insert": { "after": 0, "rules": [{
        "id": 0, "from": from, "to": to, "ports": "any", "applications": ["any"], "action": "deny",
        "cfg_type": "federal", "learned": false, "disable": false, "comment": "" }] } })
}

#[tokio::test]
async fn a_rule_cannot_name_a_missing_group() -> Result<()> {
    let fleet = fleet().await?;
    let answer =
        fleet.admin.patch("/v1/policy/rule?scope=fed", &rule("fed.none", "external")).await?;
    ensure!(answer.status.is_client_error(), "{}", answer.status);
    ensure!(answer.text.contains("fed.none"), "the group is not named: {}", answer.text);
    let rules = fleet.admin.get("/v1/policy/rule?scope=fed").await?.ok()?;
    assert_eq!(rules["rules"], json!([]));
    Ok(())
}

#[tokio::test]
async fn network_rules_have_federal_ids_in_their_order() -> Result<()> {
    let fleet = fleet().await?;
    fleet.admin.post("/v1/group", &orders()).await?.ok()?;
    for _ in 0..3 {
        fleet
            .admin
            .patch("/v1/policy/rule?scope=fed", &rule("fed.orders", "external"))
            .await?
            .ok()?;
    }
    assert_eq!(ids(&fleet.admin).await?, [100_003, 100_002, 100_001]);
    let moved = json!({ "move": { "id": 100_003, "after": 100_001 } });
    fleet.admin.patch("/v1/policy/rule?scope=fed", &moved).await?.ok()?;
    assert_eq!(ids(&fleet.admin).await?, [100_002, 100_001, 100_003]);
    fleet.admin.delete("/v1/group/fed.orders").await?.expect(409, 16)?;
    fleet.admin.delete("/v1/policy/rule/100001").await?.ok()?;
    assert_eq!(ids(&fleet.admin).await?, [100_002, 100_003]);
    Ok(())
}

async fn ids(rest: &Rest) -> Result<Vec<u64>> {
    let answer = rest.get("/v1/policy/rule?scope=fed").await?.ok()?;
    let rules = answer["rules"].as_array().context("no rules")?;
    Ok(rules.iter().filter_map(|rule| rule["id"].as_u64()).collect())
}

#[tokio::test]
async fn the_checked_in_document_is_the_served_one() -> Result<()> {
    let primary = Primary::start().await?;
    let served = primary.rest()?.get("/openapi.json").await?.ok()?;
    let repository = palisade_tests::vulndb::repository()?;
    let checked_in = std::fs::read(repository.join("openapi/palisade.json"))
        .context("openapi/palisade.json is missing: run make openapi")?;
    let checked_in: Value = serde_json::from_slice(&checked_in)?;
    ensure!(served == checked_in, "openapi/palisade.json has drifted: run make openapi");
    Ok(())
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() -> Result<()> {
    let fleet = fleet().await?;
    let rest = &fleet.admin;
    for path in ["/v1/group", "/v1/fed/member", "/openapi.json", "/v1/user?f_username=admin"] {
        let first = rest.get(path).await?;
        let tag = first.headers["etag"].to_str()?.to_owned();
        assert_eq!(first.headers["x-content-type-options"], "nosniff");
        let again = rest.with_header("If-None-Match", &format!("\"other\", {tag}"))?;
        let answer = again.get(path).await?;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (304, ""), "{path}");
        assert_eq!(answer.headers["etag"], tag.as_str());
        let other = rest.with_header("If-None-Match", "\"other\"")?.get(path).await?;
        assert_eq!((other.status.as_u16(), &other.text), (200, &first.text), "{path}");
    }
    let tag = rest.get("/v1/group").await?.headers["etag"].to_str()?.to_owned();
    let group = json!({ "config": { "name": "fed.orders", "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": "orders" }] } });
    rest.post("/v1/group", &group).await?.ok()?;
    let changed = rest.with_header("If-None-Match", &tag)?.get("/v1/group").await?;
    ensure!(changed.status == 200 && changed.text.contains("fed.orders"), "{changed:?}");
    // Nobody learns without a session whether a list is still the same.
    let stranger = fleet.primary.rest()?.with_header("If-None-Match", "*")?;
    stranger.get("/v1/group").await?.expect(401, 3)
}

#[tokio::test]
async fn metrics_and_health_need_no_session() -> Result<()> {
    let primary = Primary::start().await?;
    let rest = primary.rest()?;
    for path in ["/healthz", "/readyz", "/metrics"] {
        let answer = rest.get(path).await?;
        ensure!(answer.status.is_success(), "{path}: {}", answer.status);
    }
    Ok(())
}

/// What nobody has is an empty list, with a home cluster and without.
#[tokio::test]
async fn what_there_is_none_of() -> Result<()> {
    let fleet = fleet().await?;
    let mut home = None;
    for round in ["without a home cluster", "with one"] {
        for (path, list) in [
            ("/v1/workload", "workloads"),
            ("/v1/host", "hosts"),
            ("/v1/policy/rule?scope=local", "rules"),
            ("/v1/response/rule", "rules"),
            ("/v1/log/threat", "threats"),
        ] {
            let answer = fleet.admin.get(path).await?.ok()?;
            ensure!(answer[list] == json!([]), "{path} {round}: {answer}");
            let head = fleet.admin.send(Method::HEAD, path, None).await?;
            ensure!(head.status == 200, "HEAD {path} {round}: {}", head.status);
            // Which methods a path knows is told to everybody.
            knows_get(&fleet.primary.rest()?, path).await.context(round)?;
        }
        for path in ["/v1/workload/absent", "/v2/workload/absent", "/v1/host/absent"] {
            fleet.admin.get(path).await?.expect(404, 7).context(round)?;
        }
        fleet.admin.get("/v1/workload/absent/nothing").await?.expect(404, 1).context(round)?;
        for path in ["/v1/group?f_name=fed.nodes", "/v1/group?brief=true&f_name=fed.nodes"] {
            let plain = fleet.admin.get(path).await?.ok()?;
            ensure!(plain["groups"][0].get("cap_change_mode").is_none(), "{path} {round}: {plain}");
            let able = fleet.admin.get(&format!("{path}&with_cap=true")).await?.ok()?;
            let group = &able["groups"][0];
            ensure!(group["cap_change_mode"] == false, "{path} {round}: {able}");
            ensure!(group["cap_scorable"] == false, "{path} {round}: {able}");
        }
        if home.is_none() {
            let token = fleet.primary.token(&["--home"]).await?;
            home = Some(Agent::join("home", &token).await?);
            fleet.wait_for_status("home", "synced").await?;
        }
    }
    let home = home.context("no home cluster")?;
    knows_get(&home.admin().await?.with_token(None), "/v1/workload").await
}

async fn knows_get(nobody: &Rest, path: &str) -> Result<()> {
    let answer = nobody.send(Method::OPTIONS, path, None).await?;
    let allow = answer.headers.get("allow").and_then(|methods| methods.to_str().ok());
    let knows = allow.is_some_and(|methods| methods.contains("GET"));
    ensure!(answer.status == 200 && knows, "OPTIONS {path}: {} {allow:?}", answer.status);
    Ok(())
}

/// What speaks of the rules of a cluster goes to the home cluster.
#[tokio::test]
async fn local_rules_are_those_of_the_home_cluster() -> Result<()> {
    let fleet = fleet().await?;
    let local = "/v1/admission/rules?scope=local";
    let without_home = fleet.admin.get(local).await?.ok()?;
    assert_eq!(without_home["rules"], json!([]));

    let home = Agent::join("home", &fleet.primary.token(&["--home"]).await?).await?;
    fleet.wait_for_status("home", "synced").await?;
    let rule = json!({ "config": { "id": 0, "category": "Kubernetes", "cfg_type": "user_created",
        "rule_type": "deny", "comment": "of the shop", "disable": false,
        "criteria": [{ "name": "namespace", "op": "containsAny", "value": "cellar" }] } });
    home.admin().await?.post("/v1/admission/rule", &rule).await?.ok()?;
    let rules = fleet.admin.get(local).await?.ok()?;
    ensure!(rules.to_string().contains("of the shop"), "{rules}");
    let federal = fleet.admin.get("/v1/admission/rules?scope=fed").await?.ok()?;
    ensure!(!federal.to_string().contains("of the shop"), "{federal}");
    // All of them are all of the cluster's own, said or not.
    for list in ["/v1/policy/rule", "/v1/response/rule", "/v1/admission/rules"] {
        for scope in ["", "?scope=local"] {
            fleet.admin.delete(&format!("{list}{scope}")).await?.ok()?;
        }
    }
    let rules = fleet.admin.get(local).await?.ok()?;
    ensure!(!rules.to_string().contains("of the shop"), "{rules}");
    Ok(())
}

/// Browsers close requests whenever somebody leaves a page.
#[tokio::test]
async fn requests_that_are_closed_early_leave_nothing_behind() -> Result<()> {
    let fleet = fleet().await?;
    let admin = &fleet.admin;
    for round in 0_u64..400 {
        let patience = Duration::from_micros(100 + (round * 37) % 6_000);
        // Whether the answer comes in time makes no difference.
        let _ = tokio::time::timeout(patience, admin.get("/v1/scan/registry")).await;
    }
    for _ in 0..100 {
        admin.get("/v1/scan/registry").await?.ok()?;
    }
    let group = json!({ "config": { "name": "fed.kept", "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": "kept" }] } });
    admin.post("/v1/group", &group).await?.ok()?;
    admin.get("/v1/group/fed.kept").await?.ok()?;
    Ok(())
}
