//! Who may see and change whom, and who has which sessions.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::rest::Rest;
use palisade_tests::{ADMIN_PASSWORD, Primary};
use serde_json::{Value, json};

pub(crate) const PASSWORD: &str = "coffee-beans";

/// Creates a user; `more` are further keys.
pub(crate) async fn create(admin: &Rest, name: &str, more: &Value) -> Result<()> {
    let mut user = json!({ "fullname": name, "username": name, "password": PASSWORD });
    let fields = user.as_object_mut().context("an object")?;
    fields.extend(more.as_object().cloned().unwrap_or_default());
    admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
    Ok(())
}

/// Logs a user in.
pub(crate) async fn log_in(primary: &Primary, name: &str) -> Result<Rest> {
    let mut rest = primary.rest()?;
    rest.login(name, PASSWORD).await?;
    Ok(rest)
}

#[tokio::test]
async fn a_name_may_have_blanks() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    create(&admin, "Mary Ann", &json!({ "role": "reader" })).await?;
    let mary = log_in(&primary, "Mary Ann").await?;
    let own = mary.get("/v1/user/Mary%20Ann").await?.ok()?;
    assert_eq!(own["user"]["fullname"], "Mary Ann");
    admin.delete("/v1/user/Mary%20Ann").await?.ok()?;
    mary.get("/v1/selfuser").await?.expect(401, 3)
}

#[tokio::test]
async fn a_user_changes_itself_but_not_its_roles() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    create(&admin, "mary", &json!({ "role": "reader" })).await?;
    let mary = log_in(&primary, "mary").await?;
    let change = |config: Value| json!({ "config": config });
    mary.patch("/v1/user/mary", &change(json!({ "email": "mary@example.org", "timeout": 600 })))
        .await?
        .ok()?;
    let own = mary.get("/v1/user/mary").await?.ok()?;
    assert_eq!(own["user"]["email"], "mary@example.org");
    assert_eq!(own["user"]["timeout"], 600);
    assert_eq!(own["user"]["password_resettable"], false);
    mary.patch("/v1/user/mary", &change(json!({ "role": "admin" }))).await?.expect(403, 25)?;
    mary.patch("/v1/user/admin", &change(json!({ "email": "x" }))).await?.expect(403, 25)?;
    admin.patch("/v1/user/admin", &change(json!({ "role": "reader" }))).await?.expect(403, 4)?;
    mary.patch("/v1/user/mary", &change(json!({ "timeout": 29 }))).await?.expect(400, 6)?;
    let other = json!({ "fullname": "other", "email": "x" });
    mary.patch("/v1/user/mary", &change(other)).await?.expect(400, 6)?;

    // To guess the password with a session is as slow as at the login.
    let wrong = json!({ "password": "wrong", "new_password": "roasted-beans" });
    for _ in 0..6 {
        let answer = mary.patch("/v1/user/mary", &change(wrong.clone())).await?;
        answer.expect(403, 4)?;
        ensure!(answer.text.contains("missing or wrong"), "{}", answer.text);
    }
    let damped = mary.patch("/v1/user/mary", &change(wrong)).await?;
    damped.expect(403, 4)?;
    ensure!(damped.text.contains("wait"), "{}", damped.text);
    let unlock = json!({ "config": { "fullname": "mary", "clear_failed_login": true } });
    admin.post("/v1/user/mary/password", &unlock).await?.ok()?;
    mary.patch("/v1/user/mary", &change(json!({ "new_password": "roasted-beans" })))
        .await?
        .expect(403, 4)?;
    let right = json!({ "password": PASSWORD, "new_password": "roasted-beans" });
    mary.patch("/v1/user/mary", &change(right)).await?.ok()?;
    mary.get("/v1/selfuser").await?.expect(401, 3)?;
    mary.with_token(None).login("mary", "roasted-beans").await?;
    Ok(())
}

#[tokio::test]
async fn an_admin_of_namespaces_deals_with_users_of_these_alone() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    create(&admin, "lead", &json!({ "role_domains": { "admin": ["team-*"] } })).await?;
    create(&admin, "outside", &json!({ "role_domains": { "reader": ["shop"] } })).await?;
    create(&admin, "global", &json!({ "role": "reader" })).await?;
    let lead = log_in(&primary, "lead").await?;

    let token = lead.with_token(None).login("lead", PASSWORD).await?;
    assert_eq!(token["token"]["role_domains"], json!({ "admin": ["team-*"] }));
    assert_eq!(token["token"]["global_permissions"], json!([]));
    let held = &token["token"]["domain_permissions"]["team-*"];
    let held = held.as_array().context("no permissions in the namespace")?;
    ensure!(held.contains(&json!({ "id": "rt_policy", "read": true, "write": true })), "{held:?}");
    ensure!(held.contains(&json!({ "id": "config", "read": true, "write": false })), "{held:?}");

    create(&lead, "within", &json!({ "role_domains": { "reader": ["team-a"] } })).await?;
    for roles in [
        json!({ "role": "reader" }),
        json!({ "role_domains": { "reader": ["shop"] } }),
        json!({ "role_domains": { "reader": ["*"] } }),
        json!({ "role_domains": { "reader": ["team-a", "shop"] } }),
        json!({}),
    ] {
        ensure!(create(&lead, "more", &roles).await.is_err(), "created with {roles}");
    }
    let seen = lead.get("/v1/user").await?.ok()?;
    let names: Vec<_> = seen["users"]
        .as_array()
        .context("a list")?
        .iter()
        .filter_map(|user| user["fullname"].as_str())
        .collect();
    assert_eq!(names, ["lead", "within"]);
    for other in ["outside", "global", "admin"] {
        lead.get(&format!("/v1/user/{other}")).await?.expect(403, 25)?;
        lead.delete(&format!("/v1/user/{other}")).await?.expect(403, 25)?;
    }
    lead.get("/v1/user_role").await?.expect(403, 25)?;
    lead.get("/v1/group").await?.expect(403, 25)?;

    let domains = |role: &str, domains: &[&str]| json!({ "config": { "fullname": "within", "role": role, "domains": domains } });
    let path = "/v1/user/within/role/admin";
    lead.patch(path, &domains("admin", &["team-b"])).await?.ok()?;
    lead.patch(path, &domains("admin", &["shop"])).await?.expect(403, 25)?;
    lead.patch(path, &domains("reader", &["team-b"])).await?.expect(400, 6)?;
    lead.patch(path, &domains("admin", &["team-a"])).await?.expect(400, 6)?;
    let within = lead.get("/v1/user/within").await?.ok()?;
    assert_eq!(
        within["user"]["role_domains"],
        json!({ "admin": ["team-b"], "reader": ["team-a"] })
    );
    lead.patch(path, &domains("admin", &[])).await?.ok()?;
    let within = lead.get("/v1/user/within").await?.ok()?;
    assert_eq!(within["user"]["role_domains"], json!({ "reader": ["team-a"] }));
    lead.delete("/v1/user/within").await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn nobody_gives_more_than_they_have() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    create(&admin, "local", &json!({ "role": "admin" })).await?;
    create(&admin, "boss", &json!({ "role": "fedAdmin" })).await?;
    let local = log_in(&primary, "local").await?;
    ensure!(create(&local, "x", &json!({ "role": "fedReader" })).await.is_err());
    create(&local, "mary", &json!({ "role": "reader" })).await?;
    let up = json!({ "config": { "role": "fedAdmin" } });
    local.patch("/v1/user/mary", &up).await?.expect(403, 25)?;
    let reset = json!({ "config": { "force_reset_password": true, "new_password": "12345678" } });
    local.post("/v1/user/boss/password", &reset).await?.expect(403, 25)?;
    local.delete("/v1/user/boss").await?.expect(403, 25)?;
    local.delete("/v1/user/boss/session").await?.expect(403, 25)?;
    let unknown = json!({ "config": { "role": "nobody-made-it" } });
    local.patch("/v1/user/mary", &unknown).await?.expect(400, 6)?;
    Ok(())
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_an_admin() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    create(&admin, "mary", &json!({ "role": "reader" })).await?;
    let first = log_in(&primary, "mary").await?;
    let second = log_in(&primary, "mary").await?;
    let listed = admin.get("/v1/user/mary/session").await?.ok()?;
    let sessions = listed["sessions"].as_array().context("a list")?.clone();
    assert_eq!(sessions.len(), 2);
    ensure!(sessions.iter().all(|one| one["address"] == "127.0.0.1"), "{sessions:?}");
    let own = admin.get("/v1/user/admin/session").await?.ok()?;
    assert_eq!(own["sessions"][0]["current"], true);

    let newest = sessions[0]["id"].as_str().context("an id")?;
    admin.delete(&format!("/v1/user/mary/session/{newest}")).await?.ok()?;
    admin.delete(&format!("/v1/user/mary/session/{newest}")).await?.expect(404, 7)?;
    second.get("/v1/selfuser").await?.expect(401, 3)?;
    first.get("/v1/selfuser").await?.ok()?;
    admin.delete("/v1/user/mary/session").await?.ok()?;
    first.get("/v1/selfuser").await?.expect(401, 3)?;
    Ok(())
}

/// Whoever left a browser signed in somewhere ends that alone, whatever their role.
#[tokio::test]
async fn everybody_sees_and_ends_their_own_sessions() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let within = json!({ "cluster_selector": { "matchLabels": { "env": "prod" } } });
    for (name, roles) in [
        ("pipeline", json!({ "role": "ciops" })),
        ("reader", json!({ "role": "reader" })),
        ("namespaced", json!({ "role": "", "role_domains": { "reader": ["shop"] } })),
        ("delegate", json!({ "role": "fedAdmin", "access_scope": within })),
    ] {
        create(&admin, name, &roles).await.context(name)?;
        let (here, elsewhere) = (log_in(&primary, name).await?, log_in(&primary, name).await?);
        let own = format!("/v1/user/{name}/session");
        let listed = here.get(&own).await?.ok().context(name)?;
        let sessions = listed["sessions"].as_array().context("a list")?;
        assert_eq!(sessions.len(), 2, "{name}");
        let other = sessions.iter().find(|one| one["current"] == false).context("another")?;
        let other = other["id"].as_str().context("an id")?;
        here.delete(&format!("{own}/{other}")).await?.ok().context(name)?;
        elsewhere.get("/v1/selfuser").await?.expect(401, 3)?;
        // Those of others stay out of reach.
        let others = "/v1/user/admin/session";
        if name != "reader" {
            here.get(others).await?.expect(403, 25).context(name)?;
        }
        here.delete(others).await?.expect(403, 25).context(name)?;
        here.delete(&own).await?.ok().context(name)?;
        here.get("/v1/selfuser").await?.expect(401, 3)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_user_has_so_many_sessions_at_most() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    create(&admin, "mary", &json!({ "role": "reader" })).await?;
    let first = log_in(&primary, "mary").await?;
    for _ in 1..32 {
        log_in(&primary, "mary").await?;
    }
    let password = |word: &str| json!({ "password": { "username": "mary", "password": word } });
    let rest = primary.rest()?;
    let full = rest.post("/v1/auth", &password(PASSWORD)).await?;
    let body: Value = serde_json::from_str(&full.text)?;
    full.expect(401, 3)?;
    assert_eq!(body["reason"], "too_many_sessions", "{body}");
    // Who does not know the password learns nothing of it.
    let wrong = rest.post("/v1/auth", &password("wrong")).await?;
    ensure!(!wrong.text.contains("sessions"), "{}", wrong.text);
    wrong.expect(401, 3)?;
    first.delete("/v1/auth").await?.ok()?;
    rest.post("/v1/auth", &password(PASSWORD)).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn no_answer_and_no_log_holds_a_secret() -> Result<()> {
    let primary = Primary::builder().arg("--log").arg("trace").start().await?;
    let admin = primary.admin().await?;
    create(&admin, "mary", &json!({ "role": "reader" })).await?;
    let mary = log_in(&primary, "mary").await?;
    let token = mary.token().context("a token")?.to_owned();
    let made = json!({ "apikey": { "apikey_name": "ci", "expiration_type": "never" } });
    let key = admin.post("/v1/api_key", &made).await?.ok()?;
    let key = key["apikey"]["apikey_secret"].as_str().context("a secret")?;
    let with_key = primary.rest()?.with_header("X-Auth-Apikey", &format!("ci:{key}"))?;
    with_key.get("/v1/selfapikey").await?.ok()?;
    ensure!(primary.rest()?.login("mary", "wrong-secret-word").await.is_err());
    let log = primary.process().log();
    for secret in [ADMIN_PASSWORD, PASSWORD, "wrong-secret-word", token.as_str(), key, "$argon2id$"]
    {
        ensure!(!log.contains(secret), "the log shows a secret");
    }
    for path in ["/v1/user", "/v1/api_key", "/v1/log/audit"] {
        let text = admin.get(path).await?.ok()?.to_string();
        for secret in [ADMIN_PASSWORD, PASSWORD, token.as_str(), key, "$argon2id$"] {
            ensure!(!text.contains(secret), "{path} shows a secret");
        }
    }
    Ok(())
}
