//! A whole configuration goes out as one file and comes back from it.

use anyhow::{Context, Result, ensure};
use palisade_tests::rest::Answer;
use palisade_tests::{Fleet, Rest, wait};
use reqwest::Method;
use serde_json::{Value, json};

use super::files::post;

const PATH: &str = "/v1/file/config";

/// Sends a file and waits until its import ended.
async fn import(rest: &Rest, query: &str, kind: &str, file: Vec<u8>) -> Result<Answer> {
    let path = format!("{PATH}{query}");
    let headers = [("Content-Type", kind)];
    let first = rest.send_bytes(Method::POST, &path, &headers, Some(file)).await?;
    if first.status.as_u16() != 206 {
        return Ok(first);
    }
    let body: Value = serde_json::from_str(&first.text)?;
    let tid = body["data"]["tid"].as_str().context("no tid")?.to_owned();
    wait::until("the import ends", || async {
        let answer = post(rest, &path, &[("X-Transaction-ID", &tid)], "").await?;
        Ok((answer.status.as_u16() != 206).then_some(answer))
    })
    .await
}

fn group(name: &str) -> Value {
    let cfg_type = if name.starts_with("fed.") { "federal" } else { "user_created" };
    json!({ "config": { "name": name, "cfg_type": cfg_type,
        "criteria": [{ "key": "service", "op": "=", "value": "x" }] } })
}

#[tokio::test]
async fn the_configuration_of_a_primary_comes_back_from_its_file() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let admin = &fleet.admin;
    admin.post("/v1/group", &group("fed.shop")).await?.ok()?;
    let role = json!({ "config": { "name": "auditor", "comment": "reads",
        "permissions": [{ "id": "config", "read": true, "write": false }] } });
    admin.post("/v1/user_role", &role).await?.ok()?;
    let profile = json!({ "config": { "name": "default", "min_len": 12 } });
    admin.patch("/v1/password_profile/default", &profile).await?.ok()?;
    let entry = json!({ "config": { "name": "CVE-2023-1", "comment": "accepted", "days": 0,
        "domains": [], "images": [] } });
    admin.post("/v1/vulnerability/profile/default/entry", &entry).await?.ok()?;
    let ldap = json!({ "config": { "name": "ldap1", "ldap": { "directory": "OpenLDAP",
        "hostname": "127.0.0.1", "port": 1, "ssl": true, "base_dn": "dc=shop",
        "bind_dn": "cn=reader", "bind_password": "roasted-beans", "enable": false } } });
    admin.post("/v1/server", &ldap).await?.ok()?;
    let private = json!({ "config": { "name": "fed.private", "registry_type": "Docker Registry",
        "registry": "http://127.0.0.1:1/", "username": "barista", "password": "roasted-beans",
        "filters": ["*"], "cfg_type": "federal" } });
    admin.post("/v1/scan/registry", &private).await?.ok()?;
    let (kind, file) = admin.download(PATH).await?;
    ensure!(kind.starts_with("multipart/form-data; boundary="), "{kind}");
    let (kind_alone, alone) = admin.download(&format!("{PATH}?raw=true")).await?;
    ensure!(kind_alone == "application/gzip" && alone.starts_with(b"\x1f\x8b"), "{kind_alone}");
    let mut lines = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&alone[..]), &mut lines)?;
    ensure!(lines.contains("fed.shop") && lines.contains("user/role/auditor"), "{lines}");
    ensure!(!lines.contains("roasted-beans"), "a secret is in the file");

    // Somebody changes all of it.
    let other = json!({ "config": { "name": "default", "min_len": 6 } });
    admin.delete("/v1/group/fed.shop").await?.ok()?;
    admin.post("/v1/group", &group("fed.other")).await?.ok()?;
    admin.delete("/v1/user_role/auditor").await?.ok()?;
    admin.patch("/v1/password_profile/default", &other).await?.ok()?;
    let none = json!({ "config": { "name": "default", "entries": [] } });
    admin.patch("/v1/vulnerability/profile/default", &none).await?.ok()?;
    let moved = json!({ "config": { "name": "ldap1", "ldap": { "base_dn": "dc=other" } } });
    admin.patch("/v1/server/ldap1", &moved).await?.ok()?;

    // Whoever merges loses nothing that the file does not name.
    let done = import(admin, "?option=merge", "application/gzip", alone.clone()).await?.ok()?;
    assert_eq!(done["data"]["left_out"], Value::Null, "what is there keeps its secrets");
    admin.get("/v1/group/fed.shop").await?.ok()?;
    admin.get("/v1/group/fed.other").await?.ok()?;
    let done = import(admin, "", &kind, file).await?.ok()?;
    assert_eq!(done["data"]["status"], "done");
    admin.get("/v1/group/fed.shop").await?.ok()?;
    admin.get("/v1/group/fed.other").await?.expect(404, 7)?;
    let shown = admin.get("/v1/user_role/auditor").await?.ok()?;
    assert_eq!(shown["role"]["comment"], "reads");
    let shown = admin.get("/v1/password_profile/default").await?.ok()?;
    assert_eq!(shown["pwd_profile"]["min_len"], 12);
    let shown = admin.get("/v1/vulnerability/profile/default").await?.ok()?;
    assert_eq!(shown["profile"]["entries"][0]["name"], "CVE-2023-1");
    let shown = admin.get("/v1/server/ldap1").await?.ok()?;
    assert_eq!(shown["server"]["ldap"]["base_dn"], "dc=shop");

    // What is new is told of where it needs a secret: no file holds one.
    admin.delete("/v1/scan/registry/fed.private").await?.ok()?;
    admin.delete("/v1/server/ldap1").await?.ok()?;
    let done = import(admin, "", "application/gzip", alone).await?.ok()?;
    let secrets = [
        "fed.private: what it is logged in with; give it by PATCH /v1/scan/registry/fed.private",
        "ldap1: what it proves itself with; give it by PATCH /v1/server/ldap1",
    ];
    assert_eq!(done["data"]["left_out"], json!(secrets));
    let told = admin.get("/v1/log/event?f_name=Configuration.Export").await?.ok()?;
    ensure!(told["events"].as_array().is_some_and(|all| all.len() == 2), "{told}");
    Ok(())
}

#[tokio::test]
async fn an_import_names_what_it_leaves_out() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let registry = json!({ "config": { "name": "fed.depot", "registry_type": "Docker Registry",
        "registry": "http://127.0.0.1:1/", "username": "ann", "password": "her very own",
        "filters": ["*"] } });
    fleet.admin.post("/v1/scan/registry", &registry).await?.ok()?;
    let (_, file) = fleet.admin.download(&format!("{PATH}?raw=true")).await?;
    let mut lines = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&file[..]), &mut lines)?;
    lines.push_str("config/of_tomorrow\n1\n");

    // Here the registry is known, with its secret.
    let done = import(&fleet.admin, "", "text/plain", lines.clone().into()).await?.ok()?;
    assert_eq!(done["data"]["status"], "done", "{done}");
    let left_out = done["data"]["left_out"].as_array().context("nothing is left out")?;
    ensure!(left_out.len() == 1 && done.to_string().contains("of_tomorrow"), "{done}");

    let elsewhere = Fleet::start(&[]).await?;
    let done = import(&elsewhere.admin, "", "text/plain", lines.into()).await?.ok()?;
    let left_out = done["data"]["left_out"].as_array().context("nothing is left out")?;
    ensure!(left_out.len() == 2 && done.to_string().contains("fed.depot"), "{done}");
    Ok(())
}

#[tokio::test]
async fn nobody_reads_or_changes_more_by_a_file_than_without() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let admin = &fleet.admin;
    admin.post("/v1/group", &group("fed.shop")).await?.ok()?;
    let role = json!({ "config": { "name": "clerk", "comment": "",
        "permissions": [{ "id": "config", "read": true, "write": true }] } });
    admin.post("/v1/user_role", &role).await?.ok()?;
    for (name, role) in [("clerk", "clerk"), ("boss", "admin")] {
        let user = json!({ "username": name, "password": "coffee-beans", "role": role });
        admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
    }
    let (mut clerk, mut boss) = (fleet.primary.rest()?, fleet.primary.rest()?);
    clerk.login("clerk", "coffee-beans").await?;
    boss.login("boss", "coffee-beans").await?;
    let (_, file) = clerk.download(&format!("{PATH}?raw=true")).await?;
    let mut lines = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&file[..]), &mut lines)?;
    ensure!(lines.contains("config/auth_order"), "{lines}");
    for beyond in ["fed.shop", "user/role", "config/server", "config/password_profile"] {
        ensure!(!lines.contains(beyond), "{beyond}: {lines}");
    }
    import(&clerk, "", "application/gzip", file).await?.expect(403, 25)?;
    // An administrator of the primary alone does not change the federation.
    let (_, whole) = admin.download(&format!("{PATH}?raw=true")).await?;
    import(&boss, "", "application/gzip", whole).await?.expect(403, 25)?;
    let (_, settings) = boss.download(&format!("{PATH}?raw=true&section=config")).await?;
    import(&boss, "", "application/gzip", settings).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn files_that_are_none_change_nothing() -> Result<()> {
    let fleet = Fleet::start(&["production"]).await?;
    let admin = &fleet.admin;
    admin.get(&format!("{PATH}?section=other")).await?.expect(400, 6)?;
    admin.get(&format!("{PATH}?scope=local")).await?.expect(400, 4)?;
    let cluster = fleet.agent("production")?.admin().await?;
    for rest in [admin, &cluster] {
        for file in [&b""[..], b"nonsense", b"{\"product\":\"palisade\"}", b"\x1f\x8b\x08nonsense"]
        {
            import(rest, "", "application/gzip", file.to_vec()).await?.expect(400, 18)?;
        }
    }
    // A file from before something came takes it away, unless it is merged.
    let (_, before) = admin.download(&format!("{PATH}?raw=true")).await?;
    admin.post("/v1/group", &group("fed.shop")).await?.ok()?;
    import(admin, "?option=merge", "application/gzip", before.clone()).await?.ok()?;
    admin.get("/v1/group/fed.shop").await?.ok()?;
    import(admin, "", "application/gzip", before).await?.ok()?;
    admin.get("/v1/group/fed.shop").await?.expect(404, 7)?;
    // Each takes what is its own.
    let (_, of_primary) = admin.download(&format!("{PATH}?raw=true")).await?;
    let (_, of_cluster) = cluster.download(&format!("{PATH}?raw=true")).await?;
    import(&cluster, "", "application/gzip", of_primary).await?.expect(400, 18)?;
    import(admin, "", "application/gzip", of_cluster).await?.expect(400, 18)
}

#[tokio::test]
async fn what_a_cluster_has_of_its_own_comes_back_from_its_file() -> Result<()> {
    let fleet = Fleet::start(&["production"]).await?;
    let cluster = fleet.agent("production")?.admin().await?;
    cluster.post("/v1/group", &group("shop")).await?.ok()?;
    let rule = json!({ "config": { "id": 0, "category": "Kubernetes", "cfg_type": "user_created",
        "rule_type": "deny", "comment": "of the shop", "disable": false,
        "criteria": [{ "name": "namespace", "op": "containsAny", "value": "cellar" }] } });
    cluster.post("/v1/admission/rule", &rule).await?.ok()?;
    let state = json!({ "state": { "enable": true, "mode": "protect" } });
    cluster.patch("/v1/admission/state", &state).await?.ok()?;
    let before = cluster.get("/v1/admission/rules?scope=local").await?.ok()?;
    let (kind, file) = cluster.download(PATH).await?;

    cluster.delete("/v1/group/shop").await?.ok()?;
    cluster.post("/v1/group", &group("other")).await?.ok()?;
    cluster.delete("/v1/admission/rules").await?.ok()?;
    let state = json!({ "state": { "enable": true, "mode": "monitor" } });
    cluster.patch("/v1/admission/state", &state).await?.ok()?;

    import(&cluster, "", &kind, file).await?.ok()?;
    cluster.get("/v1/group/shop").await?.ok()?;
    cluster.get("/v1/group/other").await?.expect(404, 7)?;
    cluster.get("/v1/group/nodes").await?.ok()?;
    assert_eq!(cluster.get("/v1/admission/rules?scope=local").await?.ok()?, before);
    let shown = cluster.get("/v1/admission/state").await?.ok()?;
    assert_eq!(shown["state"]["mode"], "protect");

    let (_, file) = cluster.download(&format!("{PATH}?raw=true")).await?;
    let mut lines = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&file[..]), &mut lines)?;
    lines.push_str("config/of_tomorrow\n1\n");
    let done = import(&cluster, "", "text/plain", lines.into()).await?.ok()?;
    let left_out = done["data"]["left_out"].to_string();
    ensure!(left_out.contains("of_tomorrow") && !left_out.contains("policy/cluster"), "{done}");
    Ok(())
}
