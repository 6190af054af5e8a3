//! Custom roles.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::Primary;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use crate::user::{create, log_in};

fn role(name: &str, permissions: &[(&str, bool, bool)]) -> Value {
    let permissions: Vec<_> = permissions
        .iter()
        .map(|(id, read, write)| json!({ "id": id, "read": read, "write": write }))
        .collect();
    json!({ "config": { "name": name, "comment": "made", "permissions": permissions } })
}

#[tokio::test]
async fn a_custom_role_holds_what_it_was_given() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    admin.post("/v1/user_role", &role("auditor", &[("audit_events", true, false)])).await?.ok()?;
    create(&admin, "mary", &json!({ "role": "auditor" })).await?;
    let mut mary = log_in(&primary, "mary").await?;
    mary.get("/v1/log/audit").await?.ok()?;
    mary.get("/v1/log/event").await?.expect(403, 25)?;
    let shown = admin.get("/v1/user_role/auditor").await?.ok()?;
    assert_eq!(
        shown["role"],
        json!({
            "name": "auditor", "comment": "made", "reserved": false,
            "permissions": [{ "id": "audit_events", "read": true, "write": false }],
        })
    );

    // Other permissions end the sessions; who may change may look.
    let other = role("auditor", &[("events", true, false), ("authorization", false, true)]);
    admin.patch("/v1/user_role/auditor", &other).await?.ok()?;
    mary.get("/v1/log/audit").await?.expect(401, 3)?;
    let answer = mary.login("mary", crate::user::PASSWORD).await?;
    assert_eq!(
        answer["token"]["global_permissions"],
        json!([
            { "id": "events", "read": true, "write": false },
            { "id": "authorization", "read": true, "write": true },
        ])
    );
    mary.get("/v1/log/event").await?.ok()?;
    mary.get("/v1/log/audit").await?.expect(403, 25)?;
    // It gives no more than it holds.
    ensure!(create(&mary, "x", &json!({ "role": "reader" })).await.is_err());
    mary.post("/v1/user_role", &role("x", &[("config", true, false)])).await?.expect(403, 25)?;

    admin.delete("/v1/user_role/auditor").await?.expect(400, 16)?;
    admin.delete("/v1/user/mary").await?.ok()?;
    admin.delete("/v1/user_role/auditor").await?.ok()?;
    admin.get("/v1/user_role/auditor").await?.expect(404, 7)?;
    admin.delete("/v1/user_role/auditor").await?.expect(400, 7)?;
    Ok(())
}

#[tokio::test]
async fn a_role_is_made_by_copying_a_reserved_one() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let mut copy = admin.get("/v1/user_role/fedAdmin").await?.ok()?["role"].clone();
    let hidden = ["fed", "nv_resource"].map(Value::from);
    let all = copy["permissions"].as_array().context("no permissions")?.clone();
    ensure!(all.iter().any(|one| hidden.contains(&one["id"])), "{all:?}");
    copy["name"] = json!("like-admin");
    admin.post("/v1/user_role", &json!({ "config": copy })).await?.ok()?;
    let made = admin.get("/v1/user_role/like-admin").await?.ok()?["role"].clone();
    let given = all.into_iter().filter(|one| !hidden.contains(&one["id"]));
    assert_eq!(made["permissions"], json!(given.collect::<Vec<_>>()));
    Ok(())
}

#[tokio::test]
async fn what_makes_no_role() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let fine: &[(&str, bool, bool)] = &[("config", true, false)];
    admin.post("/v1/user_role", &role("taken", fine)).await?.ok()?;
    for (wrong, code) in [
        (role("taken", fine), 6),
        (role("admin", fine), 6),
        (role("none", fine), 6),
        (role("a b", fine), 15),
        (role("x", &[]), 6),
        (role("x", &[("fed", true, true)]), 6),
        (role("x", &[("nv_resource", true, false)]), 6),
        (role("x", &[("events", false, true)]), 6),
        (json!({}), 6),
    ] {
        let answer = admin.post("/v1/user_role", &wrong).await?;
        answer.expect(400, code).context(wrong)?;
    }
    admin.patch("/v1/user_role/reader", &role("reader", fine)).await?.expect(400, 6)?;
    admin.patch("/v1/user_role/absent", &role("absent", fine)).await?.expect(400, 7)?;
    admin.delete("/v1/user_role/fedAdmin").await?.expect(400, 6)?;
    Ok(())
}

/// A newer program at the same database may know permissions that this one does not.
#[tokio::test]
async fn a_role_that_cannot_be_read_gives_nothing_and_hides_nobody() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    for name in ["newer", "plain"] {
        admin.post("/v1/user_role", &role(name, &[("events", true, false)])).await?.ok()?;
    }
    let keeper = role("keeper", &[("authorization", true, true), ("events", true, false)]);
    admin.post("/v1/user_role", &keeper).await?.ok()?;
    create(&admin, "mary", &json!({ "role": "newer" })).await?;
    create(&admin, "joe", &json!({ "role": "plain" })).await?;
    create(&admin, "ann", &json!({ "role": "keeper" })).await?;
    let key = json!({ "apikey_name": "ci", "role": "newer", "expiration_type": "never" });
    let key = admin.post("/v1/api_key", &json!({ "apikey": key })).await?.ok()?;
    let secret = key["apikey"]["apikey_secret"].as_str().context("no secret")?;
    let key = primary.rest()?.with_header("X-Auth-Apikey", &format!("ci:{secret}"))?;
    let (mary, ann) = (log_in(&primary, "mary").await?, log_in(&primary, "ann").await?);
    mary.get("/v1/log/event").await?.ok()?;

    sqlx::query(
        r#"UPDATE user_role SET permissions = '[{"id": "events", "read": true},
               {"id": "tomorrow", "read": true, "write": true}]' WHERE name = 'newer'"#,
    )
    .execute(&mut PgConnection::connect(primary.database_url().context("no database")?).await?)
    .await?;
    let names = async |path: &str, list: &str, name: &str| -> Result<Vec<String>> {
        let answer = admin.get(path).await?.ok()?;
        let all = answer[list].as_array().context("no list")?.iter();
        Ok(all.filter_map(|one| one[name].as_str().map(str::to_owned)).collect())
    };
    let users = names("/v1/user", "users", "fullname").await?;
    assert_eq!(users, ["admin", "ann", "joe", "mary"]);
    assert_eq!(names("/v1/api_key", "apikeys", "apikey_name").await?, ["ci"]);
    let roles = names("/v1/user_role", "roles", "name").await?;
    ensure!(roles.contains(&"plain".to_owned()) && !roles.contains(&"newer".to_owned()));
    mary.get("/v1/log/event").await?.expect(403, 25)?;
    mary.get("/v1/selfuser").await?.ok()?;
    log_in(&primary, "mary").await?.get("/v1/log/event").await?.expect(403, 25)?;
    key.get("/v1/log/event").await?.expect(403, 25)?;
    log_in(&primary, "joe").await?.get("/v1/log/event").await?.ok()?;
    // Elsewhere it may hold more than who has less than everything.
    ann.delete("/v1/user/mary").await?.expect(403, 25)?;
    ensure!(create(&ann, "x", &json!({ "role": "newer" })).await.is_err());
    ann.delete("/v1/user/joe").await?.ok()?;
    admin.delete("/v1/user/mary").await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn the_permissions_to_choose_from_are_those_that_clients_know() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let options = admin.get("/v1/user_role_permission/options").await?.ok()?;
    let ids = |which: &str| -> Vec<String> {
        options["options"][which]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one["id"].as_str().map(str::to_owned))
            .collect()
    };
    assert_eq!(
        ids("global_options"),
        [
            "config",
            "rt_scan",
            "reg_scan",
            "ci_scan",
            "rt_policy",
            "admctrl",
            "compliance",
            "audit_events",
            "security_events",
            "events",
            "authentication",
            "authorization",
            "vulnerability",
        ]
    );
    assert_eq!(
        ids("domain_options"),
        [
            "config",
            "rt_scan",
            "reg_scan",
            "rt_policy",
            "compliance",
            "audit_events",
            "security_events",
            "events",
            "authorization",
        ]
    );
    Ok(())
}
