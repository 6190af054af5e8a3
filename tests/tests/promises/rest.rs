//! The conventions of the REST API: codes, statuses, shapes.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use palisade_tests::{ADMIN_PASSWORD, Agent, Fleet, Primary, Rest, wait};
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
    // Clients of Rancher learn that it vouches for nobody here.
    let platform = rest.with_header("X-R-Sess", "token-abcde:secret")?;
    platform.get("/v1/group").await?.expect(401, 50)?;
    rest.with_header("X-R-Sess", "")?.get("/v1/group").await?.expect(401, 3)?;
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
    // It is recorded, once, there and on the primary.
    let failed = rest.get("/v1/log/event?f_name=User.Login.Failed").await?.ok()?;
    let failed = failed["events"].as_array().context("no events")?.clone();
    assert_eq!(failed.len(), 1, "{failed:?}");
    let text = failed[0]["message"].as_str().context("no message")?;
    ensure!(text.contains("nobody did not log in from 127.0.0.1"), "{text}");
    wait::until("the primary knows of it", || async {
        let told = fleet.admin.get("/v1/fed/events?name=User.Login.Failed").await?.ok()?;
        Ok(wait::when(told["events"].to_string().contains("nobody did not log in")))
    })
    .await?;
    agent.admin().await?;
    Ok(())
}

#[tokio::test]
async fn what_is_done_at_a_cluster_itself_is_recorded_there_and_on_the_primary() -> Result<()> {
    let fleet = Fleet::start(&["production"]).await?;
    let agent = fleet.agent("production")?;
    let local = agent.admin().await?;
    let member = fleet.member("production").await?.context("no member")?;
    let there = format!("/v1/fed/cluster/{}", member["id"].as_str().context("no id")?);
    let state = json!({ "state": { "enable": true, "mode": "monitor" } });
    local.patch("/v1/admission/state", &state).await?.ok()?;
    // Nothing came of it.
    let nonsense = json!({ "state": { "mode": "loud" } });
    local.patch("/v1/admission/state", &nonsense).await?.expect(400, 6)?;
    // What the primary hands on, it records itself.
    fleet.admin.patch(&format!("{there}/v1/admission/state"), &state).await?.ok()?;
    local.delete("/v1/auth").await?.ok()?;
    let events = agent.admin().await?.get("/v1/log/event").await?.ok()?;
    let events = events["events"].as_array().context("no events")?;
    let named = |name: &str| {
        let named = events.iter().filter(|event| event["name"] == name);
        named.map(|event| event["message"].as_str().unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(named("RESTful.Write"), ["admin: PATCH /v1/admission/state"]);
    assert_eq!(named("User.Logout"), ["admin logged out."]);
    ensure!(named("User.Login").contains(&"admin logged in from 127.0.0.1."), "{events:?}");
    let write = events.iter().find(|event| event["name"] == "RESTful.Write").context("none")?;
    for (key, value) in [
        ("category", json!("RESTFUL")),
        ("user", json!("admin")),
        ("user_roles", json!({ "": "admin" })),
        ("user_addr", json!("127.0.0.1")),
        ("rest_method", json!("PATCH")),
        ("rest_request", json!("/v1/admission/state")),
    ] {
        assert_eq!(write[key], value, "{key}");
    }
    let path = "/v1/fed/events?cluster=production&name=RESTful.Write";
    wait::until("the primary knows of it", || async {
        let told = fleet.admin.get(path).await?.ok()?["events"].to_string();
        Ok(wait::when(told.contains("admin: PATCH /v1/admission/state")))
    })
    .await
}

#[tokio::test]
async fn a_password_of_a_cluster_is_changed_at_a_login() -> Result<()> {
    let agent = Agent::without_token("alone").start().await?;
    let before = agent.admin().await?;
    let log_in = async |password: &str, new: &str| {
        let body = json!({ "username": "admin", "password": password, "new_password": new });
        before.post("/v1/auth", &json!({ "password": body })).await
    };
    for unfit in ["short", "x".repeat(1_025).as_str()] {
        log_in(ADMIN_PASSWORD, unfit).await?.expect(400, 14)?;
    }
    before.get("/v1/selfuser").await?.ok()?;
    let changed = log_in(ADMIN_PASSWORD, "another long one").await?.ok()?;
    assert_eq!(changed["token"]["default_password"], false);
    before.get("/v1/selfuser").await?.expect(401, 3)?;
    log_in(ADMIN_PASSWORD, "another long one").await?.expect(401, 3)
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
    admin.post("/v1/file/fed_config", &json!({})).await?.expect(400, 6)?;
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
    (
        "POST",
        "/v1/group?scope=everywhere",
        r#"{"config":{"name":"fed.x","cfg_type":"federal"}}"#,
        400,
        6,
    ),
    ("DELETE", "/v1/group/fed.none?scope=everywhere", "", 400, 6),
    ("PATCH", "/v1/process_profile/fed.nodes?scope=everywhere", "{}", 400, 6),
    ("PATCH", "/v1/file_monitor/fed.nodes?scope=everywhere", "{}", 400, 6),
    ("POST", "/v1/dlp/sensor?scope=everywhere", "{}", 400, 6),
    ("PATCH", "/v1/waf/group/fed.nodes?scope=everywhere", "{}", 400, 6),
    ("DELETE", "/v1/policy/rule/100009?scope=everywhere", "", 400, 6),
    ("DELETE", "/v1/response/rule/100009?scope=everywhere", "", 400, 6),
    ("DELETE", "/v1/admission/rule/100009?scope=everywhere", "", 400, 6),
    ("POST", "/v1/scan/registry?scope=everywhere", "{}", 400, 6),
    (
        "POST",
        "/v1/fed/cluster/00000000000000000000000000000000/v1/file/group/config?scope=everywhere",
        "x",
        403,
        4,
    ),
    // What is federated is no cluster's, and there is no home cluster.
    ("DELETE", "/v1/group/fed.nodes?scope=local", "", 400, 4),
    ("PATCH", "/v1/group/fed.nodes?scope=local", r#"{"config":{"name":"fed.nodes"}}"#, 400, 4),
    (
        "POST",
        "/v1/group?scope=local",
        r#"{"config":{"name":"fed.x","cfg_type":"federal"}}"#,
        400,
        4,
    ),
    ("DELETE", "/v1/policy/rule/100009?scope=local", "", 400, 4),
    (
        "POST",
        "/v1/group",
        r#"{"config":{"name":"fed.x","cfg_type":"user_created",
            "criteria":[{"key":"service","op":"=","value":"x"}]}}"#,
        400,
        6,
    ),
    (
        "POST",
        "/v1/waf/sensor",
        r#"{"config":{"name":"fed.x","cfg_type":"ground","rules":[]}}"#,
        400,
        6,
    ),
    ("DELETE", "/v1/scan/registry/fed.none?scope=everywhere", "", 400, 6),
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

/// Many clients look at an answer only when they have sent all: who is not let in must
/// learn it however much that is, or never logs in again.
#[tokio::test]
async fn whoever_sends_much_gets_the_answer_all_the_same() -> Result<()> {
    let fleet = fleet().await?;
    let agent = Agent::without_token("alone").start().await?;
    let much = Some(vec![b'x'; 8 << 20]);
    for admin in [&fleet.admin, &agent.admin().await?] {
        let stranger = admin.with_token(Some("no.real.token"));
        for path in ["/v1/scan/result/repository", "/v1/group", "/v1/file/config"] {
            let answer = stranger.send_bytes(Method::POST, path, &[], much.clone()).await?;
            answer.expect(401, 3).context(path)?;
        }
        let none = admin.send_bytes(Method::POST, "/v1/nothing", &[], much.clone()).await?;
        none.expect(404, 1)?;
    }
    // Packed, it is little that is sent, and a bomb.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    for _ in 0..64 {
        std::io::Write::write_all(&mut packed, &vec![b' '; 1 << 20])?;
    }
    let packed = Some(packed.finish()?);
    let gzip = [("Content-Encoding", "gzip")];
    let answer = fleet.admin.send_bytes(Method::POST, "/v1/group", &gzip, packed).await?;
    answer.expect(400, 6)
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
    ensure!(answer.status == 400 && answer.code() == Some(6), "{answer:?}");
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
async fn a_list_that_is_documented_with_pages_has_an_end() -> Result<()> {
    let fleet = fleet().await?;
    let document = fleet.admin.get("/openapi.json").await?.ok()?;
    let mut lists = 0;
    for (path, item) in document["paths"].as_object().context("no paths")? {
        let parameters = item["get"]["parameters"].as_array().into_iter().flatten();
        let parameters: Vec<&Value> = parameters.collect();
        let has_pages = parameters.iter().any(|one| one["name"] == "start");
        if !has_pages || parameters.iter().any(|one| one["required"] == true) {
            continue;
        }
        let behind = fleet.admin.get(&format!("{path}?start=90000&limit=1")).await?.ok()?;
        let mut members = behind.as_object().context("no object")?.values();
        let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
        ensure!(members.any(is_empty), "{path}: {behind}");
        lists += 1;
    }
    ensure!(lists > 30, "only {lists} lists");
    Ok(())
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
        // The body says which ones.
        for (path, list) in [
            ("/v1/scan/hosts/scan_report", "scan_data"),
            ("/v1/scan/workloads/scan_report", "scan_data"),
            ("/v2/workload", "workloads"),
        ] {
            let body = json!({ "ids": [] });
            let answer = fleet.admin.post(path, &body).await?.ok().context(round)?;
            ensure!(answer[list] == json!([]), "{path} {round}: {answer}");
        }
        for path in ["/v1/workload/absent", "/v2/workload/absent", "/v1/host/absent"] {
            fleet.admin.get(path).await?.expect(404, 7).context(round)?;
        }
        fleet.admin.get("/v1/workload/absent/nothing").await?.expect(404, 1).context(round)?;
        for (path, methods) in [
            ("/v1/workload", "GET,HEAD"),
            ("/v1/log/threat", "GET,HEAD"),
            ("/v1/admission/state", "GET,HEAD,PATCH"),
        ] {
            for (method, status) in [(Method::OPTIONS, 200_u16), (Method::PUT, 405)] {
                let answer = fleet.admin.send(method, path, None).await?;
                let allow = answer.headers.get("allow").and_then(|allow| allow.to_str().ok());
                ensure!(answer.status == status, "{path} {round}: {}", answer.status);
                ensure!(allow == Some(methods), "{path} {round}: {allow:?}");
            }
        }
        // Clients know it, and are told why nobody serves it.
        let patch = json!({ "config": { "debug": [] } });
        fleet.admin.patch("/v1/controller/absent", &patch).await?.expect(501, 4).context(round)?;
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

#[tokio::test]
async fn an_administrator_is_told_how_much_there_is_and_what_needs_attention() -> Result<()> {
    let fleet = Fleet::start(&["production"]).await?;
    let before = fleet.admin.get("/v1/system/usage").await?.ok()?;
    let group = json!({ "config": { "name": "fed.shop", "cfg_type": "federal",
        "criteria": [{ "key": "namespace", "op": "=", "value": "shop" }] } });
    fleet.admin.post("/v1/group", &group).await?.ok()?;
    let after = fleet.admin.get("/v1/system/usage").await?.ok()?;
    let groups = |usage: &Value| usage["usage"][0]["groups"].as_u64();
    assert_eq!(groups(&after), groups(&before).map(|groups| groups + 1));
    assert_eq!(after["usage"][0]["clusters"], 1);
    assert_eq!(after["telemetry_status"]["telemetry_url"], "");
    let alerts = fleet.admin.get("/v1/system/alerts").await?.ok()?;
    ensure!(alerts["acceptable_alerts"].get("certificate_alerts").is_none(), "{alerts}");
    fleet.agent("production")?.admin().await?.get("/v1/system/usage").await?.expect(501, 4)
}

/// The database keeps no such text, and nobody means one.
#[tokio::test]
async fn a_nul_is_refused_wherever_it_stands() -> Result<()> {
    let fleet = Fleet::start(&["production"]).await?;
    let admin = &fleet.admin;
    let cluster = fleet.agent("production")?.admin().await?;
    for (rest, path, body) in [
        (admin, "/v1/auth", json!({ "password": { "username": "a\0", "password": "x" } })),
        (admin, "/v1/user_role", json!({ "config": { "name": "r", "comment": "\0" } })),
        (
            admin,
            "/v1/vulnerability/profile/default/entry",
            json!({ "config": { "name": "CVE-1", "comment": "\0" } }),
        ),
        (admin, "/v1/group", json!({ "config": { "name": "fed.x", "\0": 1 } })),
        (&cluster, "/v1/group", json!({ "config": { "name": "x", "comment": "\0" } })),
    ] {
        let answer = rest.post(path, &body).await?;
        answer.expect(400, 6).context(path)?;
        ensure!(answer.text.contains("NUL"), "{path}: {}", answer.text);
    }
    let basic = fleet.primary.rest()?.with_header("Authorization", "Basic YQBiOmM=")?;
    let answer = basic.get("/endpoint/api/v1/metadata").await?;
    ensure!(answer.status == 401, "{answer:?}");
    Ok(())
}

#[tokio::test]
async fn a_cluster_tells_of_its_controller_and_what_it_uses() -> Result<()> {
    let fleet = Fleet::start(&["production"]).await?;
    let cluster = fleet.agent("production")?.admin().await?;
    let listed = cluster.get("/v1/controller").await?.ok()?;
    let one = &listed["controllers"][0];
    ensure!(one["leader"] == true && one["connection_state"] == "connected", "{listed}");
    let id = one["id"].as_str().filter(|id| id.len() == 64).context("no id")?;
    let shown = cluster.get(&format!("/v1/controller/{id}")).await?.ok()?;
    assert_eq!(shown["controller"], *one);
    let told = cluster.get(&format!("/v1/controller/{id}/stats")).await?.ok()?;
    ensure!(told["id"] == id && told["stats"]["interval"] == 5, "{told}");
    for span in ["total", "span_1", "span_12", "span_60"] {
        ensure!(told["stats"][span]["memory"].as_u64() > Some(1 << 20), "{span}: {told}");
    }
    cluster.get("/v1/controller/other").await?.expect(404, 7)?;
    cluster.get("/v1/controller/other/stats").await?.expect(404, 7)
}

#[tokio::test]
async fn what_is_said_of_namespaces_stays() -> Result<()> {
    let fleet = Fleet::start(&["production"]).await?;
    let cluster = fleet.agent("production")?.admin().await?;
    let before = cluster.get("/v1/domain").await?.ok()?;
    assert_eq!(before["tag_per_domain"], false);
    let all = json!({ "config": { "tag_per_domain": true } });
    cluster.patch("/v1/domain", &all).await?.ok()?;
    assert_eq!(cluster.get("/v1/domain").await?.ok()?["tag_per_domain"], true);
    // It is part of what the cluster has of its own.
    let (_, file) = cluster.download("/v1/file/config?raw=true").await?;
    cluster.patch("/v1/domain", &json!({ "config": { "tag_per_domain": false } })).await?.ok()?;
    let again = cluster.send_bytes(Method::POST, "/v1/file/config", &[], Some(file)).await?;
    assert_eq!(again.status, 206, "{again:?}");
    assert_eq!(cluster.get("/v1/domain").await?.ok()?["tag_per_domain"], true);
    let one = |name: &str| json!({ "config": { "name": name, "tags": ["PCI"] } });
    cluster.patch("/v1/domain/none", &one("none")).await?.expect(404, 7)?;
    cluster.patch("/v1/domain/none", &one("other")).await?.expect(400, 6)
}

/// serde would read a list by the order of fields, and an empty one as all that may be
/// left out.
#[tokio::test]
async fn a_list_is_no_object() -> Result<()> {
    let fleet = Fleet::start(&["production"]).await?;
    let cluster = fleet.agent("production")?.admin().await?;
    for (rest, method, path, body) in [
        (&fleet.admin, Method::PATCH, "/v1/system/config", "[]"),
        (&fleet.admin, Method::PATCH, "/v1/system/config", r#"{"config":[]}"#),
        (&fleet.admin, Method::POST, "/v1/file/fed_config", "[]"),
        (&fleet.admin, Method::POST, "/v1/fed/deploy", "[[],true]"),
        (&fleet.admin, Method::POST, "/v1/user", r#"{"user":["mary","","mary"]}"#),
        (&cluster, Method::POST, "/v1/file/group", "[]"),
        (&cluster, Method::PATCH, "/v1/admission/state", r#"{"state":[]}"#),
    ] {
        let answer = rest.send(method.clone(), path, Some(body.to_owned())).await?;
        answer.expect(400, 6).with_context(|| format!("{method} {path} {body}"))?;
        ensure!(answer.text.contains("sequence"), "{method} {path} {body}: {}", answer.text);
    }
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
