//! What users do is recorded, with the names and fields that clients know.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::Primary;
use palisade_tests::rest::Rest;
use serde_json::{Value, json};

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
