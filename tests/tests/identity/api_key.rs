//! API keys.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::Primary;
use palisade_tests::rest::Rest;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use crate::user::{create, log_in};

async fn make(rest: &Rest, key: Value) -> Result<String> {
    let made = rest.post("/v1/api_key", &json!({ "apikey": key })).await?.ok()?;
    let name = made["apikey"]["apikey_name"].as_str().context("a name")?;
    let secret = made["apikey"]["apikey_secret"].as_str().context("a secret")?;
    ensure!(secret.len() == 64, "a secret of {} characters", secret.len());
    Ok(format!("{name}:{secret}"))
}

fn key(name: &str, role: &str, expiration: &str) -> Value {
    json!({ "apikey_name": name, "role": role, "expiration_type": expiration, "description": "d" })
}

#[tokio::test]
async fn a_key_does_what_its_role_may_until_it_is_removed() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let value = make(&admin, key("ci-1", "reader", "never")).await?;
    let rest = primary.rest()?.with_header("X-Auth-Apikey", &value)?;
    let own = rest.get("/v1/selfapikey").await?.ok()?;
    assert_eq!(own["apikey"]["apikey_name"], "ci-1");
    assert_eq!(own["apikey"]["apikey_secret"], "");
    assert_eq!(own["apikey"]["created_by_entity"], "admin");
    assert_eq!(own["apikey"]["expiration_timestamp"], i64::MAX);
    rest.get("/v1/user").await?.ok()?;
    rest.get("/v1/selfuser").await?.expect(403, 25)?;
    rest.post("/v1/user", &json!({})).await?.expect(403, 25)?;
    admin.get("/v1/selfapikey").await?.expect(404, 7)?;
    ensure!(
        admin.get("/v1/api_key/ci-1").await?.ok()?["apikey"]["last_used_timestamp"] != 0,
        "a used key looks unused"
    );
    for wrong in
        ["ci-1", "ci-1:", ":", "ci-1:x", &format!("{value}x"), &format!("{value}:"), "x:y:z"]
    {
        primary
            .rest()?
            .with_header("X-Auth-Apikey", wrong)?
            .get("/v1/user")
            .await?
            .expect(401, 3)?;
    }
    let twice = rest.with_header("X-Auth-Apikey", &value)?;
    twice.get("/v1/user").await?.expect(401, 3)?;
    // A token wins over a key, even one that is none.
    rest.with_token(Some("nonsense")).get("/v1/user").await?.expect(401, 3)?;
    admin.delete("/v1/api_key/ci-1").await?.ok()?;
    rest.get("/v1/user").await?.expect(401, 3)?;
    admin.delete("/v1/api_key/ci-1").await?.expect(404, 7)?;
    Ok(())
}

#[tokio::test]
async fn a_key_is_not_the_user_who_has_its_name() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    create(&admin, "mary", &json!({ "role": "reader" })).await?;
    let value = make(&admin, key("mary", "admin", "oneday")).await?;
    let robot = primary.rest()?.with_header("X-Auth-Apikey", &value)?;
    let made = make(&robot, key("made", "reader", "oneday")).await?;
    let eve = primary.rest()?.with_header("X-Auth-Apikey", &made)?;
    eve.post("/v1/user", &json!({})).await?.expect(403, 25)?;
    // What the key does is not what the user did.
    let listed = admin.get("/v1/log/event").await?.ok()?;
    let events = listed["events"].as_array().context("no events")?;
    let told = |name: &str| events.iter().find(|one| one["name"] == name);
    let write = told("RESTful.Write").context("the change is not recorded")?;
    assert_eq!(write["user"], "mary (API key)");
    assert_eq!(write["message"], "mary (API key): POST /v1/api_key");
    let denied = told("User.Resource.Access.Denied").context("the refusal is not recorded")?;
    assert_eq!(denied["user"], "made (API key)");
    let url = primary.database_url().context("no database")?;
    let mut database = PgConnection::connect(url).await?;
    let actor: String =
        sqlx::query_scalar("SELECT actor FROM audit WHERE kind = 'api_key' AND name = 'made'")
            .fetch_one(&mut database)
            .await?;
    assert_eq!(actor, "mary (API key)");
    let path = "/v1/file/vulnerability/profile";
    let file = admin.post(path, &json!({})).await?.text;
    let begun = robot.send(Method::POST, &format!("{path}/config"), Some(file)).await?;
    let begun: Value = serde_json::from_str(&begun.text)?;
    assert_eq!(begun["data"]["triggered_by"], "mary (API key)", "{begun}");
    // Nor does a key raise the user.
    let promote = json!({ "master_rest_info": { "server": "127.0.0.1", "port": 11443 } });
    robot.post("/v1/fed/promote", &promote).await?.ok()?;
    let admin = primary.admin().await?;
    assert_eq!(admin.get("/v1/user/mary").await?.ok()?["user"]["role"], "reader");
    Ok(())
}

#[tokio::test]
async fn what_makes_no_key() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    make(&admin, key("taken", "reader", "oneday")).await?;
    for (wrong, status, code) in [
        (key("taken", "reader", "oneday"), 400, 13),
        (key("a b", "reader", "oneday"), 400, 15),
        (key(&"x".repeat(33), "reader", "oneday"), 400, 15),
        (key("x", "nobody-made-it", "oneday"), 400, 6),
        (key("x", "reader", "later"), 400, 6),
        (key("x", "reader", "hours"), 400, 6),
    ] {
        let answer = admin.post("/v1/api_key", &json!({ "apikey": wrong })).await?;
        answer.expect(status, code).context(wrong)?;
    }
    admin.post("/v1/api_key", &json!({})).await?.expect(400, 6)?;
    create(&admin, "local", &json!({ "role": "admin" })).await?;
    let local = log_in(&primary, "local").await?;
    let more = json!({ "apikey": key("x", "fedAdmin", "never") });
    local.post("/v1/api_key", &more).await?.expect(403, 25)?;
    Ok(())
}

#[tokio::test]
async fn a_key_ends_when_it_was_to() -> Result<()> {
    let mut primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let mut short = key("short", "reader", "hours");
    short["expiration_hours"] = json!(3);
    let short = make(&admin, short).await?;
    let long = make(&admin, key("long", "reader", "oneday")).await?;
    primary.stop().await?;
    primary.move_clock("+4h")?;
    primary.restart().await?;
    primary.rest()?.with_header("X-Auth-Apikey", &short)?.get("/v1/user").await?.expect(401, 3)?;
    primary.rest()?.with_header("X-Auth-Apikey", &long)?.get("/v1/user").await?.ok()?;
    Ok(())
}
