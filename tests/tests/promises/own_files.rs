//! What a cluster has of its own as files: exported by one cluster, imported by another,
//! and no harm done by files that are wrong.

use anyhow::{Context, Result, ensure};
use palisade_tests::{Agent, Fleet, Rest};
use serde_json::{Value, json};

use super::files::{import_at, post, strip};
use super::kinds::kinds;
use super::own_objects::write;

/// A kind of file: its path, what is exported, and how the file is named. Sensors come
/// first: groups are bound to them.
const FILES: &[(&str, &str, &str)] = &[
    ("/v1/file/dlp", r#"{"names":["sensor.ssn","leaks"]}"#, "cfgDlpExport.yaml"),
    ("/v1/file/waf", r#"{"names":["leaks"]}"#, "cfgWafExport.yaml"),
    ("/v1/file/group", r#"{"groups":["shop","nodes","containers"]}"#, "cfgGroupsExport.yaml"),
    (
        "/v1/file/admission",
        r#"{"ids":[1,1000],"export_config":true}"#,
        "cfgAdmissionRulesExport.yaml",
    ),
    // The rule 8 is about a group, and in its file.
    ("/v1/file/response/rule", r#"{"ids":[8,9]}"#, "cfgResponseRulesExport.yaml"),
];

/// What the lists of a cluster's own objects show, without ids and times.
async fn shown(rest: &Rest) -> Result<Vec<Value>> {
    let mut lists = Vec::new();
    for path in [
        "/v1/group",
        "/v1/policy/rule",
        "/v1/admission/rules",
        "/v1/response/rule",
        "/v1/process_profile",
        "/v1/file_monitor",
        "/v1/dlp/sensor",
        "/v1/dlp/group",
        "/v1/waf/sensor",
        "/v1/waf/group",
    ] {
        let mut list = rest.get(&format!("{path}?scope=local")).await?.ok()?;
        strip(&mut list);
        if path == "/v1/policy/rule" {
            // The files do not tell the comments of network rules.
            for rule in list["rules"].as_array_mut().into_iter().flatten() {
                rule["comment"].take();
            }
        }
        lists.push(list);
    }
    Ok(lists)
}

async fn start(fleet: &Fleet, name: &str) -> Result<(Agent, String)> {
    let token = fleet.primary.token(&[]).await?;
    let agent = Agent::builder(name, &token).start().await?;
    fleet.wait_for_status(name, "synced").await?;
    let member = fleet.member(name).await?.context("no member")?;
    let id = member["id"].as_str().context("no id")?;
    Ok((agent, format!("/v1/fed/cluster/{id}")))
}

#[tokio::test]
async fn one_cluster_imports_what_another_exported() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let ((staging, _), (shop, forwarded)) =
        (start(&fleet, "staging").await?, start(&fleet, "shop").await?);
    let (from, to) = (staging.admin().await?, shop.admin().await?);
    for kind in kinds() {
        write(&from, "", &kind.make).await?;
        // No file holds webhooks.
        if kind.read[0].starts_with("/v1/system/config") {
            write(&to, "", &kind.make).await?;
        }
    }
    let general = json!({ "insert": { "rules": [{ "id": 0, "event": "event", "group": "",
        "conditions": [{ "type": "level", "value": "Info" }], "actions": ["suppress-log"] }] } });
    from.patch("/v1/response/rule", &general).await?.ok()?;
    let protect = json!({ "state": { "enable": true, "mode": "protect" } });
    from.patch("/v1/admission/state", &protect).await?.ok()?;
    for (path, what, name) in FILES {
        let answer = post(&from, path, &[], what).await?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        let disposition = answer.headers.get("content-disposition").context("no disposition")?;
        assert_eq!(disposition, &format!("Attachment; filename={name}"));
        // Through the primary the same comes, and goes.
        let config = format!("{forwarded}{path}/config");
        let done = import_at(&fleet.admin, &config, &answer.text).await?.ok()?;
        assert_eq!(done["data"]["status"], "done", "{path}");
        let again = post(&fleet.admin, &format!("{forwarded}{path}"), &[], what).await?;
        ensure!(again.status == 200 && !again.text.is_empty(), "{path}: {again:?}");
        // The same again changes nothing.
        let before = shown(&from).await?;
        import_at(&from, &format!("{path}/config"), &answer.text).await?.ok()?;
        assert_eq!(shown(&from).await?, before, "{path}");
    }
    assert_eq!(shown(&to).await?, shown(&from).await?);
    let state = to.get("/v1/admission/state").await?.ok()?;
    assert_eq!(state["state"]["mode"], "protect");
    // None of it is federated.
    let federated = fleet.admin.get("/v1/policy/rule?scope=fed").await?.ok()?;
    assert_eq!(federated["rules"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_cluster_refuses_files_that_are_wrong_and_changes_nothing() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let (agent, _) = start(&fleet, "staging").await?;
    let admin = agent.admin().await?;
    let before = shown(&admin).await?;
    let group = |name: &str, more: &str| {
        format!(
            "apiVersion: neuvector.com/v1\nkind: NvClusterSecurityRule\nmetadata: {{name: a}}\n\
             spec:\n  target: {{selector: {{name: {name}, criteria: \
             [{{key: service, op: '=', value: a}}]}}}}\n  {more}\n"
        )
    };
    let admission = |name: &str, mode: &str| {
        format!(
            "apiVersion: neuvector.com/v1\nkind: NvAdmissionControlSecurityRule\n\
             metadata: {{name: {name}}}\nspec: {{config: {{enable: true, mode: {mode}, \
             client_mode: service}}, rules: [{{action: deny, criteria: [{{name: namespace, \
             op: containsAny, value: x}}]}}]}}\n"
        )
    };
    for (path, file, said) in [
        ("group", group("fed.shop", ""), "fed.shop"),
        ("group", group("nv.shop.x", ""), "nv.shop.x"),
        (
            "group",
            group("shop", "dlp: {status: true, settings: [{name: other, action: deny}]}"),
            "other",
        ),
        (
            "group",
            group(
                "shop",
                "egress: [{name: x, action: allow, ports: any, selector: {name: fed.other}}]",
            ),
            "fed.other",
        ),
        ("group", "kind: Pod\nspec: {}".to_owned(), "Pod"),
        ("group", "[".repeat(10_000), ""),
        ("admission", admission("fed", "protect"), "local"),
        ("admission", admission("local", "perhaps"), "protect"),
        ("dlp", "apiVersion: v1\nkind: List\nitems: []".to_owned(), "no resource"),
    ] {
        let answer = import_at(&admin, &format!("/v1/file/{path}/config"), &file).await?;
        answer.expect(400, 18)?;
        ensure!(answer.text.contains(said), "{said:?} is not named: {}", answer.text);
    }
    for (path, headers, body, status, code) in [
        ("/v1/file/group?scope=fed", [].as_slice(), r#"{"groups":["fed.x"]}"#, 403, 25),
        ("/v1/file/group", &[], r#"{"groups":["none"]}"#, 404, 7),
        ("/v1/file/group", &[], r#"{"groups":[]}"#, 400, 6),
        ("/v1/file/admission", &[], r#"{"ids":[7]}"#, 404, 7),
        ("/v1/file/waf", &[], r#"{"names":["x"],"remote_export_options":{}}"#, 400, 52),
        ("/v1/file/group/config?scope=fed", &[], "x", 403, 25),
        ("/v1/file/group/config", &[], "", 400, 6),
        ("/v1/file/group/config", &[("X-Transaction-ID", "gone")], "", 410, 6),
    ] {
        let answer = post(&admin, path, headers, body).await?;
        answer.expect(status, code).with_context(|| format!("{path} {body}"))?;
    }
    let oversized = format!("# {}\n{}", "x".repeat(5 << 20), group("shop", ""));
    post(&admin, "/v1/file/group/config", &[], &oversized).await?.expect(400, 6)?;
    assert_eq!(shown(&admin).await?, before);
    Ok(())
}
