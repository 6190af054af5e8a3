//! Every federated kind: made on the primary, in force and read-only on the
//! remotes, gone again.

use anyhow::{Context, Result, ensure};
use palisade_tests::{Fleet, Rest, wait};
use reqwest::Method;
use serde_json::{Value, json};

/// A write: method, path, body.
pub(super) type Write = (Method, &'static str, Value);

/// One kind: how an object of it is made, changed and deleted, where it is
/// read, and a text of its own that reading shows after it was made and after
/// it was changed.
pub(super) struct Kind {
    pub(super) make: Write,
    pub(super) change: Write,
    pub(super) delete: Option<Write>,
    pub(super) read: &'static [&'static str],
    pub(super) made: &'static str,
    pub(super) changed: &'static str,
}

fn criteria(value: &str) -> Value {
    json!([{ "key": "service", "op": "=", "value": value }])
}

fn response_rule(comment: &str) -> Value {
    json!({ "id": 0, "event": "security-event", "comment": comment, "group": "fed.shop",
        "conditions": [{ "type": "level", "value": "Critical" }], "actions": ["webhook"],
        "webhooks": ["fed.pager"], "disable": false, "cfg_type": "federal" })
}

fn sensor(name: &str, pattern: &str) -> Value {
    json!({ "config": { "name": name, "cfg_type": "federal", "rules": [{ "name": "leak", "patterns":
        [{ "key": "pattern", "op": "regex", "value": pattern, "context": "body" }] }] } })
}

fn binding(sensor: &str, action: &str) -> Value {
    json!({ "config": { "name": "fed.shop", "status": true,
        "replace": [{ "name": sensor, "action": action }] } })
}

fn sensors(area: &'static str) -> [Kind; 2] {
    let (sensor_list, sensor_path, read_sensor, group_path, read_group): (
        _,
        _,
        &'static [&'static str],
        _,
        &'static [&'static str],
    ) = if area == "dlp" {
        (
            "/v1/dlp/sensor",
            "/v1/dlp/sensor/fed.leaks",
            &["/v1/dlp/sensor", "/v1/dlp/sensor/fed.leaks", "/v1/dlp/rule", "/v1/dlp/rule/leak"],
            "/v1/dlp/group/fed.shop",
            &["/v1/dlp/group", "/v1/dlp/group/fed.shop"],
        )
    } else {
        (
            "/v1/waf/sensor",
            "/v1/waf/sensor/fed.leaks",
            &["/v1/waf/sensor", "/v1/waf/sensor/fed.leaks", "/v1/waf/rule", "/v1/waf/rule/leak"],
            "/v1/waf/group/fed.shop",
            &["/v1/waf/group", "/v1/waf/group/fed.shop"],
        )
    };
    let unbind = json!({ "config": { "name": "fed.shop", "replace": [] } });
    [
        Kind {
            make: (Method::POST, sensor_list, sensor("fed.leaks", "first-pattern")),
            change: (Method::PATCH, sensor_path, sensor("fed.leaks", "second-pattern")),
            delete: Some((Method::DELETE, sensor_path, Value::Null)),
            read: read_sensor,
            made: "first-pattern",
            changed: "second-pattern",
        },
        Kind {
            make: (Method::PATCH, group_path, binding("fed.leaks", "allow")),
            change: (Method::PATCH, group_path, binding("fed.leaks", "deny")),
            delete: Some((Method::PATCH, group_path, unbind)),
            read: read_group,
            made: r#""action":"allow""#,
            changed: r#""action":"deny""#,
        },
    ]
}

/// Every kind, those that others refer to first.
pub(super) fn kinds() -> Vec<Kind> {
    let webhook = |url: &str| {
        json!({ "config": { "name": "fed.pager", "url": url, "enable": true, "type": "JSON",
            "use_proxy": false, "cfg_type": "federal" } })
    };
    let process = |action: &str| {
        json!({ "process_profile_config": { "group": "fed.shop", "process_change_list":
            [{ "name": "sh", "path": "/bin/sh", "action": action, "group": "fed.shop" }] } })
    };
    let no_process = json!({ "process_profile_config": { "group": "fed.shop",
        "process_delete_list": [{ "name": "sh", "path": "/bin/sh", "action": "deny" }] } });
    let file = |list: &str, behavior: &str| {
        json!({ "config": { list: [{ "filter": "/etc/shop.conf", "recursive": false,
            "behavior": behavior, "applications": [] }] } })
    };
    let admission = |comment: &str| {
        json!({ "config": { "id": 100_001, "category": "Kubernetes", "cfg_type": "federal",
            "rule_type": "deny", "comment": comment, "disable": false,
            "criteria": [{ "name": "namespace", "op": "containsAny", "value": "cellar" }] } })
    };
    let mut kinds = vec![
        Kind {
            make: (
                Method::POST,
                "/v1/group",
                json!({ "config": { "name": "fed.shop", "cfg_type": "federal",
                    "comment": "made first", "criteria": criteria("shop") } }),
            ),
            change: (
                Method::PATCH,
                "/v1/group/fed.shop",
                json!({ "config": { "name": "fed.shop", "comment": "changed then" } }),
            ),
            delete: Some((Method::DELETE, "/v1/group/fed.shop", Value::Null)),
            read: &["/v1/group", "/v1/group/fed.shop"],
            made: "made first",
            changed: "changed then",
        },
        Kind {
            make: (Method::POST, "/v1/system/config/webhook", webhook("https://first.example/")),
            change: (
                Method::PATCH,
                "/v1/system/config/webhook/fed.pager?scope=fed",
                webhook("https://second.example/"),
            ),
            delete: Some((
                Method::DELETE,
                "/v1/system/config/webhook/fed.pager?scope=fed",
                Value::Null,
            )),
            read: &["/v1/system/config"],
            made: "https://first.example/",
            changed: "https://second.example/",
        },
        Kind {
            make: (
                Method::PATCH,
                "/v1/policy/rule?scope=fed",
                json!({ "insert": { "rules": [{ "id": 0, "from": "fed.shop", "to": "external",
                    "ports": "443", "applications": ["ssl"], "action": "allow",
                    "comment": "made first", "cfg_type": "federal" }] } }),
            ),
            change: (
                Method::PATCH,
                "/v1/policy/rule/100001",
                json!({ "config": { "id": 100_001, "comment": "changed then" } }),
            ),
            delete: Some((Method::DELETE, "/v1/policy/rule/100001", Value::Null)),
            read: &["/v1/policy/rule", "/v1/policy/rule/100001"],
            made: "made first",
            changed: "changed then",
        },
        Kind {
            make: (Method::POST, "/v1/admission/rule", admission("made first")),
            change: (Method::PATCH, "/v1/admission/rule", admission("changed then")),
            delete: Some((Method::DELETE, "/v1/admission/rule/100001", Value::Null)),
            read: &["/v1/admission/rules", "/v1/admission/rule/100001"],
            made: "made first",
            changed: "changed then",
        },
        Kind {
            make: (
                Method::PATCH,
                "/v1/response/rule",
                json!({ "insert": { "rules": [response_rule("made first")] } }),
            ),
            change: (
                Method::PATCH,
                "/v1/response/rule/100001",
                json!({ "config": { "id": 100_001, "comment": "changed then" } }),
            ),
            delete: Some((Method::DELETE, "/v1/response/rule/100001", Value::Null)),
            read: &["/v1/response/rule", "/v1/response/rule/100001"],
            made: "made first",
            changed: "changed then",
        },
        Kind {
            make: (Method::PATCH, "/v1/process_profile/fed.shop", process("allow")),
            change: (Method::PATCH, "/v1/process_profile/fed.shop", process("deny")),
            delete: Some((Method::PATCH, "/v1/process_profile/fed.shop", no_process)),
            read: &["/v1/process_profile", "/v1/process_profile/fed.shop"],
            made: r#""action":"allow""#,
            changed: r#""action":"deny""#,
        },
        Kind {
            make: (
                Method::PATCH,
                "/v1/file_monitor/fed.shop",
                file("add_filters", "monitor_change"),
            ),
            change: (
                Method::PATCH,
                "/v1/file_monitor/fed.shop",
                file("update_filters", "block_access"),
            ),
            delete: Some((
                Method::PATCH,
                "/v1/file_monitor/fed.shop",
                file("delete_filters", "block_access"),
            )),
            read: &["/v1/file_monitor", "/v1/file_monitor/fed.shop"],
            made: "monitor_change",
            changed: "block_access",
        },
    ];
    kinds.extend(sensors("dlp"));
    kinds.extend(sensors("waf"));
    kinds
}

async fn write(rest: &Rest, (method, path, body): &Write) -> Result<palisade_tests::rest::Answer> {
    let body = (!body.is_null()).then(|| body.to_string());
    rest.send(method.clone(), path, body).await
}

/// Waits until each path shows the text.
pub(super) async fn shows(rest: &Rest, prefix: &str, paths: &[&str], text: &str) -> Result<()> {
    for path in paths {
        let path = format!("{prefix}{path}");
        wait::until(&format!("{path} shows {text}"), || async {
            let answer = rest.get(&path).await?;
            ensure!(answer.text.contains(text), "{}", answer.text);
            answer.ok()?;
            Ok(Some(()))
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn every_kind_is_made_on_the_primary_and_read_only_elsewhere() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let member = fleet.member("staging").await?.context("no member")?;
    let id = member["id"].as_str().context("no id")?;
    let forwarded = format!("/v1/fed/cluster/{id}");
    let local = fleet.agent("staging")?.admin().await?;
    let kinds = kinds();
    for kind in &kinds {
        write(&fleet.admin, &kind.make).await?.ok()?;
        shows(&fleet.admin, "", kind.read, kind.made).await?;
        shows(&local, "", kind.read, kind.made).await?;
        write(&fleet.admin, &kind.change).await?.ok()?;
        shows(&fleet.admin, "", kind.read, kind.changed).await?;
        shows(&local, "", kind.read, kind.changed).await?;
        shows(&fleet.admin, &forwarded, kind.read, kind.changed).await?;
    }
    // A remote changes nothing of it, whoever asks.
    for kind in &kinds {
        for (method, path, body) in
            [Some(&kind.make), Some(&kind.change), kind.delete.as_ref()].into_iter().flatten()
        {
            let body = (!body.is_null()).then(|| body.to_string());
            local.send(method.clone(), path, body.clone()).await?.expect(403, 25)?;
            let path = format!("{forwarded}{path}");
            fleet.admin.send(method.clone(), &path, body).await?.expect(403, 25)?;
        }
        shows(&local, "", kind.read, kind.changed).await?;
    }
    // What is used stays.
    fleet.admin.delete("/v1/group/fed.shop").await?.expect(409, 16)?;
    fleet.admin.delete("/v1/system/config/webhook/fed.pager?scope=fed").await?.expect(409, 16)?;
    fleet.admin.delete("/v1/dlp/sensor/fed.leaks").await?.expect(409, 16)?;
    for kind in kinds.iter().rev() {
        if let Some(delete) = &kind.delete {
            write(&fleet.admin, delete).await?.ok()?;
        }
        for rest in [&fleet.admin, &local] {
            wait::until("it is gone", || async {
                let answer = rest.get(kind.read[0]).await?;
                Ok(wait::when(!answer.text.contains(kind.changed)))
            })
            .await?;
        }
    }
    fleet.wait_for_status("staging", "synced").await
}

/// What a remote refuses beside the writes above: method, path, body, status,
/// code.
const REFUSED: &[(&str, &str, &str, u16, u64)] = &[
    ("DELETE", "/v1/policy/rule?scope=fed", "", 403, 25),
    ("DELETE", "/v1/response/rule?scope=fed", "", 403, 25),
    ("DELETE", "/v1/admission/rules?scope=fed", "", 403, 25),
    ("PATCH", "/v1/policy/rule", r#"{"move":{"id":100001,"after":0}}"#, 400, 4),
    ("PATCH", "/v1/policy/rule", r#"{"delete":[100001]}"#, 403, 25),
    ("PATCH", "/v1/policy/rule?scope=wrong", r#"{"delete":[1]}"#, 400, 6),
    ("POST", "/v1/scan/registry", r#"{"config":{"name":"fed.hub","cfg_type":"federal"}}"#, 403, 25),
    ("PATCH", "/v1/system/config", r#"{"fed_config":{"webhooks":[]}}"#, 403, 25),
    ("POST", "/v1/file/group?scope=fed", r#"{"groups":["fed.shop"]}"#, 403, 25),
    ("POST", "/v1/file/waf/config?scope=fed", "x", 403, 25),
    ("PATCH", "/v1/fed/config", r#"{"name":"other"}"#, 400, 39),
    ("PATCH", "/v1/fed/config", r#"{"rest_info":{"server":"x","port":1}}"#, 400, 39),
    ("PATCH", "/v1/fed/config", r#"{"deploy_repo_scan_data":true}"#, 400, 39),
    ("POST", "/v1/fed/promote", "{}", 400, 4),
    ("POST", "/v1/fed/join", r#"{"join_token":"x"}"#, 400, 4),
    ("POST", "/v1/policy/rules/promote", r#"{"request":{"ids":[1]}}"#, 403, 25),
];

#[tokio::test]
async fn a_remote_leaves_the_federation_to_the_primary() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    for kind in kinds().iter().take(3) {
        write(&fleet.admin, &kind.make).await?.ok()?;
    }
    let local = fleet.agent("staging")?.admin().await?;
    shows(&local, "", &["/v1/policy/rule/100001"], "fed.shop").await?;
    for (method, path, body, status, code) in REFUSED {
        let body = (!body.is_empty()).then(|| (*body).to_owned());
        let method = Method::from_bytes(method.as_bytes())?;
        local.send(method, path, body).await?.expect(*status, *code)?;
    }
    // Sending what is so already is no change.
    local.patch("/v1/fed/config", &json!({ "name": "staging" })).await?.ok()?;
    Ok(())
}

/// A change of the order of network rules, and the ids then; or the status and
/// code of its refusal.
type Step = (Value, Result<&'static [u64], (u16, u64)>);

#[tokio::test]
async fn network_rules_stand_where_they_were_put() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let group = json!({ "config": { "name": "fed.shop", "cfg_type": "federal",
        "criteria": criteria("shop") } });
    fleet.admin.post("/v1/group", &group).await?.ok()?;
    let rule = |id: u32| {
        json!({ "id": id, "from": "fed.shop", "to": "external", "ports": "any",
            "applications": ["any"], "action": "deny", "cfg_type": "federal" })
    };
    let insert = |after: Value, ids: &[u32]| {
        let rules: Vec<Value> = ids.iter().map(|id| rule(*id)).collect();
        json!({ "insert": { "after": after, "rules": rules } })
    };
    let shift = |id: u32, after: Value| json!({ "move": { "id": id, "after": after } });
    let end = Value::Null;
    let steps: Vec<Step> = vec![
        (insert(end.clone(), &[0, 0]), Ok(&[100_001, 100_002])),
        // At the head, in their order; behind one; before one; at the end.
        (insert(json!(0), &[0, 0]), Ok(&[100_003, 100_004, 100_001, 100_002])),
        (insert(json!(100_001), &[100_020]), Ok(&[100_003, 100_004, 100_001, 100_020, 100_002])),
        (
            insert(json!(-100_004), &[0]),
            Ok(&[100_003, 100_021, 100_004, 100_001, 100_020, 100_002]),
        ),
        (shift(100_003, end.clone()), Ok(&[100_021, 100_004, 100_001, 100_020, 100_002, 100_003])),
        (shift(100_003, json!(0)), Ok(&[100_003, 100_021, 100_004, 100_001, 100_020, 100_002])),
        (
            shift(100_003, json!(100_001)),
            Ok(&[100_021, 100_004, 100_001, 100_003, 100_020, 100_002]),
        ),
        (
            shift(100_002, json!(-100_021)),
            Ok(&[100_002, 100_021, 100_004, 100_001, 100_003, 100_020]),
        ),
        // Where it is already.
        (
            shift(100_002, json!(100_002)),
            Ok(&[100_002, 100_021, 100_004, 100_001, 100_003, 100_020]),
        ),
        (shift(100_099, json!(0)), Err((404, 7))),
        (shift(100_002, json!(100_099)), Err((404, 7))),
        (insert(json!(100_099), &[0]), Err((404, 7))),
        // No cluster has such an id either.
        (insert(json!(i64::MIN), &[0]), Err((404, 7))),
        (insert(end.clone(), &[100_001]), Err((400, 6))),
        (insert(end.clone(), &[100_050, 100_050]), Err((400, 6))),
        (insert(end.clone(), &[9]), Err((400, 6))),
        (json!({ "delete": [100_021, 100_020, 100_004] }), Ok(&[100_002, 100_001, 100_003])),
        // The highest that there was is gone, and does not come back.
        (insert(end, &[0]), Ok(&[100_002, 100_001, 100_003, 100_022])),
        (
            json!({ "rules": [rule(100_003), rule(0), rule(100_001)] }),
            Ok(&[100_003, 100_023, 100_001]),
        ),
        // What a cluster has of its own comes behind: beside it is the end.
        (insert(json!(5), &[0]), Ok(&[100_003, 100_023, 100_001, 100_024])),
        (insert(json!(-20_000), &[0]), Ok(&[100_003, 100_023, 100_001, 100_024, 100_025])),
        (shift(100_003, json!(5)), Ok(&[100_023, 100_001, 100_024, 100_025, 100_003])),
        (shift(5, json!(0)), Err((400, 4))),
        // What is gone is passed over; what is a cluster's is not deleted here.
        (json!({ "delete": [100_088, 100_023] }), Ok(&[100_001, 100_024, 100_025, 100_003])),
        (json!({ "delete": [100_088] }), Ok(&[100_001, 100_024, 100_025, 100_003])),
        (json!({ "delete": [100_001, 5] }), Err((400, 4))),
        // A whole list, as consoles send it: what did not change by its id alone, and what
        // is a cluster's among it.
        (
            json!({ "rules": [{ "id": 100_003 }, { "id": 5 }, { "id": 20_000 }, rule(0),
                { "id": 7, "from": "a", "to": "b", "cfg_type": "user_created" },
                { "id": 100_001 }], "delete": [20_001] }),
            Ok(&[100_003, 100_026, 100_001]),
        ),
        (json!({ "rules": [{ "id": 100_003 }, { "id": 100_003 }] }), Err((400, 6))),
        (json!({ "rules": [{ "id": 100_077 }] }), Err((400, 6))),
        (json!({ "rules": [{ "id": 100_003, "cfg_type": "mine" }] }), Err((400, 6))),
        (json!({ "insert": { "rules": [] } }), Err((400, 6))),
        (json!({ "delete": [] }), Err((400, 6))),
    ];
    for (step, expected) in steps {
        let answer = fleet.admin.patch("/v1/policy/rule?scope=fed", &step).await?;
        match expected {
            Ok(ids) => {
                answer.ok()?;
                let listed = fleet.admin.get("/v1/policy/rule?scope=fed").await?.ok()?;
                let rules = listed["rules"].as_array().context("no rules")?;
                let now: Vec<u64> = rules.iter().filter_map(|rule| rule["id"].as_u64()).collect();
                ensure!(now == ids, "after {step}: {now:?}, not {ids:?}");
            }
            Err((status, code)) => answer.expect(status, code)?,
        }
    }
    Ok(())
}

/// What the primary refuses of the kinds: method, path, body, status, code.
const WRONG: &[(&str, &str, &str, u16, u64)] = &[
    ("POST", "/v1/group", r#"{"config":{"name":"fed.none","cfg_type":"federal"}}"#, 400, 6),
    (
        "POST",
        "/v1/group",
        r#"{"config":{"name":"fed.none","cfg_type":"federal","criteria":[{"key":"image","op":"~","value":"x"}]}}"#,
        400,
        6,
    ),
    ("DELETE", "/v1/group/fed.nodes", "", 400, 6),
    (
        "PATCH",
        "/v1/response/rule",
        r#"{"insert":{"rules":[{"event":"event","conditions":[{"type":"level","value":"Info"}],"actions":["webhook"],"webhooks":["fed.none"],"cfg_type":"federal"}]}}"#,
        400,
        6,
    ),
    (
        "PATCH",
        "/v1/response/rule",
        r#"{"insert":{"rules":[{"event":"event","group":"fed.none","conditions":[{"type":"level","value":"Info"}],"actions":["quarantine"],"cfg_type":"federal"}]}}"#,
        400,
        6,
    ),
    (
        "PATCH",
        "/v1/response/rule",
        r#"{"insert":{"rules":[{"event":"event","conditions":[],"actions":["quarantine"],"cfg_type":"federal"}]}}"#,
        400,
        6,
    ),
    ("PATCH", "/v1/response/rule", r#"{"insert":{"rules":[]}}"#, 400, 6),
    ("GET", "/v1/response/rule/100009", "", 404, 7),
    ("GET", "/v1/process_profile/fed.none", "", 404, 7),
    ("GET", "/v1/file_monitor/fed.nodes", "", 400, 7),
    (
        "PATCH",
        "/v1/file_monitor/fed.containers",
        r#"{"config":{"add_filters":[{"filter":"/","behavior":"block_access"}]}}"#,
        400,
        6,
    ),
    (
        "POST",
        "/v1/dlp/sensor",
        r#"{"config":{"name":"fed.sensor.ssn","cfg_type":"federal"}}"#,
        400,
        13,
    ),
    ("PATCH", "/v1/dlp/sensor/fed.sensor.ssn", r#"{"config":{"name":"fed.sensor.ssn"}}"#, 400, 6),
    ("DELETE", "/v1/dlp/sensor/fed.sensor.ssn", "", 400, 6),
    (
        "PATCH",
        "/v1/waf/group/fed.containers",
        r#"{"config":{"sensors":[{"name":"fed.none","action":"deny"}]}}"#,
        400,
        7,
    ),
    ("GET", "/v1/waf/rule/none", "", 404, 7),
    (
        "POST",
        "/v1/system/config/webhook",
        r#"{"config":{"name":"fed.x","url":"ftp://x","cfg_type":"federal"}}"#,
        400,
        6,
    ),
    ("DELETE", "/v1/system/config/webhook/fed.none?scope=fed", "", 404, 7),
];

#[tokio::test]
async fn wrong_objects_are_refused_by_their_code() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    for (method, path, body, status, code) in WRONG {
        let body = (!body.is_empty()).then(|| (*body).to_owned());
        let method = Method::from_bytes(method.as_bytes())?;
        fleet.admin.send(method, path, body).await?.expect(*status, *code)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_federation_has_groups_and_sensors_from_the_start() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    for (path, name) in [
        ("/v1/group", "fed.nodes"),
        ("/v1/group", "fed.containers"),
        ("/v1/dlp/sensor", "fed.sensor.ssn"),
        ("/v1/dlp/sensor", "fed.sensor.creditcard"),
        ("/v1/waf/sensor", "fed.sensor.log4shell"),
        ("/v1/waf/sensor", "fed.sensor.spring4shell"),
        ("/v1/response/options?scope=fed", "DLP.fed.rule.ssn"),
    ] {
        shows(&fleet.admin, "", &[path], name).await?;
        shows(&fleet.agent("staging")?.admin().await?, "", &[path], name).await?;
    }
    Ok(())
}
