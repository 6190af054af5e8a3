//! Who is limited, and until when.

use anyhow::{Context, Result, ensure};
use palisade_tests::idp::{Idp, RETURN, visit};
use serde_json::{Value, json};

use super::{Delegation, count, env, group, prod};

#[tokio::test]
async fn a_limit_stays_until_it_is_taken_away() -> Result<()> {
    let delegation = Delegation::start().await?;
    let admin = &delegation.admin;
    let mary = delegation.delegate("mary", "fedReader", &prod()).await?;
    // Clients that know of no limits send what they know.
    let change = |config: Value| json!({ "config": config });
    admin.patch("/v1/user/mary", &change(json!({ "email": "m@example.org" }))).await?.ok()?;
    let shown = mary.get("/v1/selfuser").await?.ok()?;
    assert_eq!(shown["user"]["access_scope"], prod(), "{shown}");
    admin.patch("/v1/user/mary", &change(json!({ "role": "fedAdmin" }))).await?.ok()?;
    mary.get("/v1/selfuser").await?.expect(401, 3)?;
    let shown = admin.get("/v1/user/mary").await?.ok()?;
    assert_eq!(
        (&shown["user"]["role"], &shown["user"]["access_scope"]),
        (&json!("fedAdmin"), &prod())
    );

    for wrong in [
        json!({ "role": "reader" }),
        json!({ "role": "fedReader", "role_domains": { "admin": ["shop"] } }),
        json!({ "access_scope": { "clusters": ["nobody"] } }),
        json!({ "access_scope": { "clusters": [] } }),
        json!({ "access_scope": { "cluster_selector": env("prod"), "domains": [] } }),
        json!({ "access_scope": { "cluster_selectr": env("prod") } }),
        json!({ "access_scope": { "cluster_selector": env("prod"), "clusters": ["shop-eu"] } }),
        json!({ "access_scope": { "domains": ["a b"] } }),
    ] {
        admin
            .patch("/v1/user/mary", &change(wrong.clone()))
            .await?
            .expect(400, 6)
            .context(wrong)?;
    }
    let first = change(json!({ "access_scope": prod() }));
    admin.patch("/v1/user/admin", &first).await?.expect(403, 4)?;

    // A delegate gives nothing to anybody, least of all to itself.
    let mut mary = delegation.primary.rest()?;
    mary.login("mary", "coffee-beans").await?;
    mary.patch("/v1/user/mary", &change(json!({ "access_scope": {} }))).await?.expect(403, 25)?;
    let user = json!({ "username": "eve", "password": "coffee-beans", "role": "fedReader" });
    mary.post("/v1/user", &json!({ "user": user })).await?.expect(403, 25)?;
    let key = json!({ "apikey_name": "eve", "role": "fedReader", "expiration_type": "oneday" });
    mary.post("/v1/api_key", &json!({ "apikey": key })).await?.expect(403, 25)?;
    mary.patch("/v1/user/mary", &change(json!({ "email": "x@example.org" }))).await?.ok()?;

    admin.patch("/v1/user/mary", &change(json!({ "access_scope": {} }))).await?.ok()?;
    mary.login("mary", "coffee-beans").await?;
    let all = mary.get("/v1/fed/member").await?.ok()?;
    assert_eq!(count(&all, "joint_clusters"), 2, "{all}");

    // The groups of a directory as well.
    let mapped = |scope: Option<Value>| {
        let mut group = json!({ "group": "prod-ops", "global_role": "fedAdmin" });
        if let Some(scope) = scope {
            group["access_scope"] = scope;
        }
        json!({ "config": { "name": "openId1", "oidc": { "issuer": "https://127.0.0.1:1/",
            "client_id": "palisade", "client_secret": "s", "enable": false,
            "group_mapped_roles": [group] } } })
    };
    let scope = json!({ "clusters": ["shop-eu"] });
    admin.post("/v1/server", &mapped(Some(scope))).await?.ok()?;
    let shown = async || {
        let server = admin.get("/v1/server/openId1").await?.ok()?;
        anyhow::Ok(server["server"]["oidc"]["group_mapped_roles"][0]["access_scope"].clone())
    };
    let by_id = json!({ "clusters": [delegation.own] });
    assert_eq!(shown().await?, by_id, "a name may have another holder one day");
    admin.patch("/v1/server/openId1", &mapped(None)).await?.ok()?;
    assert_eq!(shown().await?, by_id);
    let groups = json!({ "config": { "name": "openId1", "role": "fedReader",
        "groups": ["prod-ops"] } });
    admin.patch("/v1/server/openId1/role/fedReader", &groups).await?.ok()?;
    assert_eq!(shown().await?, by_id);
    let beside = |domains: &[&str]| {
        let group = json!({ "group": "prod-ops", "global_role": "fedReader",
            "role_domains": { "admin": domains } });
        json!({ "config": { "name": "openId1", "oidc": { "group_mapped_roles": [group] } } })
    };
    let answer = admin.patch("/v1/server/openId1", &beside(&["shop"])).await?;
    for said in ["prod-ops", "has an access_scope"] {
        ensure!(answer.text.contains(said), "{said}: {}", answer.text);
    }
    answer.expect(400, 6)?;
    // A role in no namespace is none.
    admin.patch("/v1/server/openId1", &beside(&[])).await?.ok()?;
    assert_eq!(shown().await?, by_id);
    admin.patch("/v1/server/openId1", &mapped(Some(json!({})))).await?.ok()?;
    assert_eq!(shown().await?, Value::Null);
    drop(delegation.members);
    Ok(())
}

#[tokio::test]
async fn who_signs_on_elsewhere_is_limited_as_their_group_is() -> Result<()> {
    let delegation = Delegation::start().await?;
    let Delegation { admin, own, foreign, primary, .. } = &delegation;
    let person =
        |name: &str, groups: Value| json!({ "preferred_username": name, "groups": groups });
    let idp = Idp::certified(json!({
        "mary": person("mary", json!(["prod-ops", "everybody"])),
        "paul": person("paul", json!(["shop-team"])),
        "rita": person("rita", json!(["everybody"])),
    }))
    .await?;
    let mut settings = idp.settings();
    settings["group_mapped_roles"] = json!([
        { "group": "prod-ops", "global_role": "fedAdmin", "access_scope": prod() },
        { "group": "shop-team", "global_role": "fedReader",
          "access_scope": { "clusters": [own], "domains": ["shop-*"] } },
        { "group": "everybody", "global_role": "fedReader" },
    ]);
    let server = json!({ "config": { "name": "openId1", "oidc": settings } });
    admin.post("/v1/server", &server).await?.ok()?;
    let sign_in = async |login: &str| {
        let rest = primary.rest()?;
        let begun = json!({ "redirect_endpoint": RETURN });
        let begun = rest.post("/v1/token_auth_server/openId1", &begun).await?.ok()?;
        let url = begun["redirect"]["redirect_url"].as_str().context("no address")?;
        let returned = visit(url, login).await?;
        let answer = rest.post("/v1/auth/openId1", &returned.body()).await?.ok()?;
        let token = answer["token"]["token"].as_str().context("no token")?;
        anyhow::Ok(rest.with_token(Some(token)))
    };
    for (login, clusters, workloads) in [("mary", 1, 4), ("paul", 1, 2), ("rita", 2, 8)] {
        let rest = sign_in(login).await?;
        for (path, list, wanted) in [
            ("/v1/fed/member", "joint_clusters", clusters),
            ("/v1/fed/workloads", "workloads", workloads),
            ("/v1/fed/denials", "denials", workloads / 2),
        ] {
            let answer = rest.get(path).await?.ok()?;
            assert_eq!(count(&answer, list), wanted, "{login}: {path}: {answer}");
        }
        let summary = rest.get("/v1/fed/summary").await?.ok()?;
        assert_eq!(summary["total"]["workloads"], workloads, "{login}: {summary}");
        let view = rest.get(&format!("/v1/fed/view/{foreign}")).await?;
        assert_eq!(view.code() == Some(7), login != "rita", "{login}: {}", view.text);
    }
    let mary = sign_in("mary").await?;
    mary.post("/v1/group", &group("fed.mine", Some(env("prod")))).await?.ok()?;
    mary.post("/v1/group", &group("fed.ours", None)).await?.expect(403, 25)?;
    mary.get("/v1/user").await?.expect(403, 25)?;
    // Another limit of the group holds for what began before.
    let change = json!({ "config": { "name": "openId1", "oidc": { "group_mapped_roles": [
        { "group": "prod-ops", "global_role": "fedReader", "access_scope": prod() },
    ] } } });
    admin.patch("/v1/server/openId1", &change).await?.ok()?;
    sign_in("mary").await?.post("/v1/group", &group("fed.x", None)).await?.expect(403, 25)?;
    mary.get("/v1/fed/member").await?.expect(401, 3)?;
    Ok(())
}
