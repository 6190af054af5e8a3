//! Federated objects as files: exported, imported, and no harm done by files
//! that are wrong or hostile.

use anyhow::{Context, Result, ensure};
use palisade_tests::rest::Answer;
use palisade_tests::{Fleet, Rest, wait};
use reqwest::Method;
use serde_json::{Value, json};

/// POST of any text with headers.
pub(super) async fn post(
    rest: &Rest,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Answer> {
    rest.send_with(Method::POST, path, headers, Some(body.to_owned())).await
}

/// Makes one object of each kind that files hold.
async fn fill(fleet: &Fleet) -> Result<()> {
    let admin = &fleet.admin;
    let group = |name: &str| {
        json!({ "config": { "name": name, "cfg_type": "federal", "comment": "of: the \"shop\"",
            "criteria": [{ "key": "service", "op": "=", "value": name }] } })
    };
    for name in ["fed.shop", "fed.cellar"] {
        admin.post("/v1/group", &group(name)).await?.ok()?;
    }
    let rule = |from: &str, to: &str| {
        json!({ "id": 0, "from": from, "to": to, "ports": "tcp/443,udp/53",
            "applications": ["SSL"], "action": "allow", "cfg_type": "federal" })
    };
    let rules = [rule("fed.shop", "external"), rule("fed.cellar", "fed.shop")];
    let insert = json!({ "insert": { "rules": rules } });
    admin.patch("/v1/policy/rule?scope=fed", &insert).await?.ok()?;
    let processes = json!({ "process_profile_config": { "group": "fed.shop", "process_change_list":
        [{ "name": "sh", "path": "/bin/sh", "action": "deny" }] } });
    admin.patch("/v1/process_profile/fed.shop", &processes).await?.ok()?;
    let files = json!({ "config": { "add_filters": [{ "filter": "/etc/shop/*", "recursive": true,
        "behavior": "block_access", "applications": ["/bin/shop"] }] } });
    admin.patch("/v1/file_monitor/fed.shop", &files).await?.ok()?;
    for area in ["dlp", "waf"] {
        let sensor = json!({ "config": { "name": "fed.leaks", "cfg_type": "federal", "rules":
            [{ "name": "leak", "patterns": [{ "key": "pattern", "op": "regex",
                "value": "(?<!no )secret: \\d+", "context": "body" }] }] } });
        admin.post(&format!("/v1/{area}/sensor"), &sensor).await?.ok()?;
        let bind = json!({ "config": { "name": "fed.shop", "status": true,
            "replace": [{ "name": "fed.leaks", "action": "deny" }] } });
        admin.patch(&format!("/v1/{area}/group/fed.shop"), &bind).await?.ok()?;
    }
    let response = |group: &str| {
        json!({ "event": "event", "group": group, "cfg_type": "federal", "actions": ["suppress-log"],
            "conditions": [{ "type": "level", "value": "Info" }] })
    };
    let insert = json!({ "insert": { "rules": [response(""), response("fed.shop")] } });
    admin.patch("/v1/response/rule", &insert).await?.ok()?;
    let admission = json!({ "config": { "id": 0, "category": "Kubernetes", "cfg_type": "federal",
        "rule_type": "deny", "rule_mode": "protect", "comment": "no cellar", "disable": false,
        "criteria": [{ "name": "namespace", "op": "containsAny", "value": "cellar,attic" }] } });
    admin.post("/v1/admission/rule", &admission).await?.ok()?;
    Ok(())
}

/// A kind of file: its path, what is exported, and how the file is named.
const FILES: &[(&str, &str, &str)] = &[
    // What is built in is passed over.
    ("/v1/file/dlp", r#"{"names":["fed.sensor.ssn","fed.leaks"]}"#, "cfgFedDlpExport.yaml"),
    ("/v1/file/waf", r#"{"names":["fed.leaks"]}"#, "cfgFedWafExport.yaml"),
    ("/v1/file/group", r#"{"groups":["fed.shop","fed.cellar"]}"#, "cfgFedGroupsExport.yaml"),
    (
        "/v1/file/admission",
        r#"{"ids":[100001],"export_config":false}"#,
        "cfgFedAdmissionRulesExport.yaml",
    ),
    ("/v1/file/response/rule", r#"{"ids":[100001,100002]}"#, "cfgFedResponseRulesExport.yaml"),
];

/// What lists show, without what differs between two makings: ids and times.
async fn shown(fleet: &Fleet) -> Result<Vec<Value>> {
    let mut lists = Vec::new();
    for path in [
        "/v1/group?scope=fed",
        "/v1/policy/rule?scope=fed",
        "/v1/admission/rules?scope=fed",
        "/v1/response/rule?scope=fed",
        "/v1/process_profile?scope=fed",
        "/v1/file_monitor?scope=fed",
        "/v1/dlp/sensor?scope=fed",
        "/v1/dlp/group?scope=fed",
        "/v1/waf/sensor?scope=fed",
        "/v1/waf/group?scope=fed",
    ] {
        let mut list = fleet.admin.get(path).await?.ok()?;
        strip(&mut list);
        // What the files do not tell: the order among rules of several groups.
        if let Some(rules) = list["rules"].as_array_mut() {
            rules.sort_by_key(ToString::to_string);
        }
        lists.push(list);
    }
    Ok(lists)
}

/// Takes out what differs between two makings.
pub(super) fn strip(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|key, _| {
                !matches!(key.as_str(), "id" | "uuid" | "policy_rules" | "response_rules")
                    && !key.ends_with("_timestamp")
            });
            members.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

/// Imports a file and waits for its end: the answer of the last call.
async fn import(fleet: &Fleet, path: &str, file: &str) -> Result<Answer> {
    import_at(&fleet.admin, &format!("{path}/config?scope=fed"), file).await
}

/// The same at any path.
pub(super) async fn import_at(rest: &Rest, path: &str, file: &str) -> Result<Answer> {
    let first = post(rest, path, &[], file).await?;
    ensure!(first.status.as_u16() == 206, "{path}: {first:?}");
    let body: Value = serde_json::from_str(&first.text)?;
    let tid = body["data"]["tid"].as_str().context("no tid")?.to_owned();
    wait::until("the import ends", || async {
        let answer = post(rest, path, &[("X-Transaction-ID", &tid)], "").await?;
        Ok((answer.status.as_u16() != 206).then_some(answer))
    })
    .await
}

#[tokio::test]
async fn what_is_exported_is_imported_as_it_was() -> Result<()> {
    let from = Fleet::start(&[]).await?;
    fill(&from).await?;
    let to = Fleet::start(&[]).await?;
    for (path, what, name) in FILES {
        let answer = post(&from.admin, &format!("{path}?scope=fed"), &[], what).await?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        let headers = &answer.headers;
        let disposition = headers.get("content-disposition").context("no disposition")?;
        assert_eq!(disposition, &format!("Attachment; filename={name}"));
        // Sensors come first: groups are bound to them.
        let done = import(&to, path, &answer.text).await?.ok()?;
        assert_eq!(done["data"]["percentage"], 100);
        assert_eq!(done["data"]["status"], "done");
        // The same again changes nothing, not even a revision.
        let before = from.admin.get("/v1/log/audit").await?.ok()?;
        import(&from, path, &answer.text).await?.ok()?;
        assert_eq!(from.admin.get("/v1/log/audit").await?.ok()?, before, "{path}");
    }
    assert_eq!(shown(&to).await?, shown(&from).await?);
    let last = to.admin.get("/v1/file/group/config?scope=fed").await?.ok()?;
    assert_eq!(last["data"]["status"], "done");
    // Some clients ask by GET with a body.
    let asked = Some(json!({ "groups": ["fed.shop"] }).to_string());
    let path = "/v1/file/group?scope=fed";
    let by_get = from.admin.send(Method::GET, path, asked.clone()).await?;
    let by_post = from.admin.send(Method::POST, path, asked).await?;
    ensure!(by_get.status == 200 && by_get.text == by_post.text, "{by_get:?} {by_post:?}");
    from.admin.get(path).await?.expect(400, 6)
}

#[tokio::test]
async fn files_that_are_wrong_change_nothing() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let before = shown(&fleet).await?;
    let rule = |field: &str| {
        format!(
            "apiVersion: neuvector.com/v1\nkind: NvClusterSecurityRule\nmetadata:\n  name: fed.a\n\
             spec:\n  target:\n    selector:\n      name: fed.a\n      criteria:\n      - key: service\n\
             \x20       op: '='\n        value: a\n  {field}\n"
        )
    };
    let deep = "[".repeat(5_000);
    let bomb = {
        let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for n in 1..9 {
            let before = n - 1;
            let before = format!("*a{before},").repeat(9);
            text.extend([format!("a{n}: &a{n} [{before}]\n")]);
        }
        text
    };
    for (file, said) in [
        (rule("bogus: 1"), "bogus"),
        (
            rule(
                "egress:\n  - name: x\n    action: allow\n    ports: any\n    selector: {name: fed.none}",
            ),
            "fed.none",
        ),
        (
            rule(
                "egress:\n  - name: x\n    action: perhaps\n    ports: any\n    selector: {name: external}",
            ),
            "action",
        ),
        (rule("dlp: {status: true, settings: [{name: fed.none, action: deny}]}"), "fed.none"),
        ("kind: NvDlpSecurityRule\nspec: {sensor: {name: fed.x}}".to_owned(), "NvDlpSecurityRule"),
        ("kind: Pod\nspec: {}".to_owned(), "Pod"),
        ("just text".to_owned(), ""),
        (deep, ""),
        (bomb, ""),
    ] {
        let answer = import(&fleet, "/v1/file/group", &file).await?;
        answer.expect(400, 18)?;
        ensure!(answer.text.contains(said), "{said:?} is not named: {}", answer.text);
    }
    let oversized = format!("# {}\n{}", "x".repeat(5 << 20), rule(""));
    let path = "/v1/file/group/config?scope=fed";
    post(&fleet.admin, path, &[], &oversized).await?.expect(400, 6)?;
    post(&fleet.admin, path, &[], "").await?.expect(400, 6)?;
    post(&fleet.admin, path, &[("X-Transaction-ID", "gone")], "").await?.expect(410, 6)?;
    post(&fleet.admin, "/v1/file/group/config", &[], "x").await?.expect(400, 4)?;
    assert_eq!(shown(&fleet).await?, before);
    Ok(())
}
