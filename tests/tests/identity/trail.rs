//! What users do is recorded, with the names and fields that clients know.

use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::Signal;
use palisade_tests::rest::Rest;
use palisade_tests::{Primary, wait};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use crate::user::{create, log_in};

/// What users did, oldest first.
async fn trail(admin: &Rest) -> Result<Vec<Value>> {
    let listed = admin.get("/v1/log/event").await?.ok()?;
    let events = listed["events"].as_array().context("no events")?.iter().rev();
    let of_users = |one: &&Value| {
        ["AUTH", "RESTFUL", "CONFIGURATION"].contains(&one["category"].as_str().unwrap_or_default())
    };
    Ok(events.filter(of_users).cloned().collect())
}

#[tokio::test]
async fn logins_changes_and_imports_are_recorded_as_clients_know_them() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    create(&admin, "mary", &json!({ "role": "reader", "role_domains": { "admin": ["shop"] } }))
        .await?;
    let mary = log_in(&primary, "mary").await?;
    mary.get("/v1/selfuser").await?.ok()?;
    mary.post("/v1/api_key", &json!({})).await?.expect(400, 6)?;
    mary.delete("/v1/auth").await?.ok()?;
    let reset = json!({ "config": { "fullname": "mary", "clear_failed_login": true,
        "new_password": "roasted-beans", "force_reset_password": true } });
    admin.post("/v1/user/mary/password", &reset).await?.ok()?;
    let import = admin.post("/v1/file/group/config?scope=fed", &json!("nonsense")).await?;
    ensure!(import.status.is_client_error(), "{}", import.text);
    admin.delete("/v1/user/mary").await?.ok()?;

    let trail = trail(&admin).await?;
    let told: Vec<String> = trail
        .iter()
        .map(|one| {
            let word = |key: &str| one[key].as_str().unwrap_or_default();
            let keys = ["name", "level", "category", "user", "rest_method", "rest_request"];
            keys.map(word).join(" ").trim_end().to_owned()
        })
        .collect();
    assert_eq!(
        told,
        [
            "User.Login Info AUTH admin",
            "RESTful.Write Info RESTFUL admin POST /v1/user",
            "User.Login Info AUTH mary",
            "User.Logout Info AUTH mary",
            "User.Login.Unblocked Info AUTH admin",
            "User.Password.Reset Info AUTH admin",
            "RESTful.Write Info RESTFUL admin POST /v1/user/mary/password",
            "Configuration.Import.Failed Error CONFIGURATION admin POST /v1/file/group/config",
            "RESTful.Write Info RESTFUL admin DELETE /v1/user/mary",
        ]
    );
    for one in &trail {
        ensure!(one["user_addr"] == "127.0.0.1", "{one}");
        ensure!(one["user_session"].as_str().is_some_and(|session| !session.is_empty()), "{one}");
        ensure!(one["reported_at"].is_string() && one["message"].is_string(), "{one}");
        ensure!(!one.to_string().contains("beans"), "{one}");
    }
    assert_eq!(trail[2]["user_roles"], json!({ "": "reader", "shop": "admin" }));
    Ok(())
}

#[tokio::test]
async fn a_session_that_nobody_ends_is_recorded_when_it_does() -> Result<()> {
    let mut primary = Primary::start().await?;
    let admin = primary.admin().await?;
    create(&admin, "mary", &json!({ "role": "reader" })).await?;
    for (clock, why) in [("+2h", "was idle"), ("+10h", "came to the end of its life")] {
        let mary = log_in(&primary, "mary").await?;
        primary.stop().await?;
        primary.move_clock(clock)?;
        primary.restart().await?;
        mary.get("/v1/selfuser").await?.expect(401, 3)?;
        let admin = primary.admin().await?;
        wait::until(&format!("a session of mary {why}"), || async {
            let listed = admin.get("/v1/log/event?f_name=User.Timeout&f_user=mary").await?.ok()?;
            let told = listed["events"].as_array().context("no events")?;
            let ended = told.iter().find(|one| one["message"].to_string().contains(why));
            if let Some(one) = ended {
                ensure!(one["level"] == "Notice" && one["category"] == "AUTH", "{one}");
                ensure!(one["user_roles"] == json!({ "": "reader" }), "{one}");
                ensure!(one["user_addr"] == "127.0.0.1", "{one}");
                ensure!(one["user_session"].as_str().is_some_and(|id| id.len() == 32), "{one}");
            }
            Ok(wait::when(ended.is_some()))
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_an_endpoint_refuses_is_recorded_as_what_is_not_let_in() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    create(&admin, "mary", &json!({ "role": "admin" })).await?;
    let mary = log_in(&primary, "mary").await?;
    // Hers are groups of the cluster, and not those of the federation.
    let group = json!({ "config": { "name": "fed.mine", "cfg_type": "federal", "criteria": [] } });
    mary.post("/v1/group", &group).await?.expect(403, 25)?;
    mary.post("/v1/group", &group).await?.expect(403, 25)?;
    mary.post("/v1/fed/deploy", &json!({})).await?.expect(403, 25)?;
    let path = "/v1/log/event?f_name=User.Resource.Access.Denied";
    let listed = admin.get(path).await?.ok()?;
    let told = listed["events"].as_array().context("no events")?;
    let messages: Vec<&str> = told.iter().filter_map(|one| one["message"].as_str()).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    for call in ["POST /v1/group ", "POST /v1/fed/deploy "] {
        ensure!(messages.iter().any(|message| message.contains(call)), "{call}: {messages:?}");
    }
    ensure!(told.iter().all(|one| one["user"] == "mary"), "{listed}");
    let second = admin.get(&format!("{path}&f_level=Warning&start=1&limit=1")).await?.ok()?;
    assert_eq!(second["events"], json!([told[1]]));
    let later = told[0]["reported_timestamp"].as_i64().context("no time")? + 1;
    let after = format!("{path}&f_reported_timestamp=gte,{later}");
    assert_eq!(admin.get(&after).await?.ok()?["events"], json!([]));
    Ok(())
}

/// Records share transactions where they come together, and none is lost for being late.
#[tokio::test]
async fn writes_that_come_at_once_are_each_recorded() -> Result<()> {
    const WRITES: usize = 60;
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let path = "/v1/password_profile/default";
    let change = json!({ "config": { "name": "default", "min_len": 9 } });
    let writes = (0..WRITES).map(|_| async { admin.patch(path, &change).await?.ok() });
    futures_util::future::try_join_all(writes).await?;
    wait::until("each is recorded", || async {
        let listed = admin.get("/v1/log/event?f_name=RESTful.Write").await?.ok()?;
        let told = listed["events"].as_array().context("no events")?;
        let ours = told.iter().filter(|one| one["rest_request"] == path);
        Ok(wait::when(ours.count() == WRITES))
    })
    .await
}

/// An answer waits no longer than two seconds for its record, which is stored all the same:
/// before the primary stops at the latest.
#[tokio::test]
async fn what_is_recorded_late_is_recorded_before_the_primary_stops() -> Result<()> {
    const WRITES: usize = 5;
    let mut primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let url = primary.database_url().context("no database")?;
    let mut other = PgConnection::connect(url).await?;
    let mut held = other.begin().await?;
    sqlx::query("SELECT FROM event_position FOR UPDATE").execute(&mut *held).await?;
    let path = "/v1/password_profile/default";
    let change = json!({ "config": { "name": "default", "min_len": 9 } });
    let writes = (0..WRITES).map(|_| async { admin.patch(path, &change).await?.ok() });
    futures_util::future::try_join_all(writes).await?;
    primary.process().signal(Signal::SIGTERM)?;
    let logged = async |text: &str| {
        let is_logged = || async { Ok(wait::when(primary.process().log().contains(text))) };
        wait::until(text, is_logged).await
    };
    logged("stopping").await?;
    held.rollback().await?;
    logged("stopped").await?;
    primary.restart().await?;
    let listed = primary.admin().await?.get("/v1/log/event?f_name=RESTful.Write").await?.ok()?;
    let told = listed["events"].as_array().context("no events")?;
    let ours = told.iter().filter(|one| one["rest_request"] == path);
    assert_eq!(ours.count(), WRITES, "{listed}");
    Ok(())
}
