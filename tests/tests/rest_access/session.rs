//! What begins a session, and what ends it.

use anyhow::{Result, ensure};
use palisade_tests::Primary;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_new_role_or_password_ends_the_sessions() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let user = json!({ "username": "mary", "password": "coffee-beans", "role": "admin" });
    admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
    admin.post("/v1/user", &json!({ "user": user })).await?.expect(400, 13)?;
    let reset = json!({ "new_password": "roasted-beans", "force_reset_password": true });
    for (method, path, change) in [
        (Method::PATCH, "/v1/user/mary", json!({ "role": "reader" })),
        (Method::POST, "/v1/user/mary/password", reset),
    ] {
        let mut mary = primary.rest()?;
        mary.login("mary", "coffee-beans").await?;
        mary.get("/v1/selfuser").await?.ok()?;
        admin.send(method, path, Some(json!({ "config": change }).to_string())).await?.ok()?;
        mary.get("/v1/selfuser").await?.expect(401, 3)?;
    }
    let mut mary = primary.rest()?;
    ensure!(mary.login("mary", "coffee-beans").await.is_err(), "the old password stands");
    let answer = mary.login("mary", "roasted-beans").await?;
    assert_eq!(answer["token"]["role"], "reader");
    assert_eq!(answer["token"]["domain_permissions"], json!({}));
    admin.delete("/v1/user/mary").await?.ok()?;
    mary.get("/v1/selfuser").await?.expect(401, 3)?;
    admin.delete("/v1/user/mary").await?.expect(404, 7)?;
    admin.delete("/v1/user/admin").await?.expect(403, 4)?;
    Ok(())
}

#[tokio::test]
async fn logins_are_refused_as_clients_expect() -> Result<()> {
    let primary = Primary::start().await?;
    let rest = primary.rest()?;
    let login = |password: Value| json!({ "password": password });
    rest.post("/v1/auth", &json!({})).await?.expect(400, 6)?;
    rest.post("/v1/auth", &login(Value::Null)).await?.expect(400, 6)?;
    rest.post("/v1/auth", &login(json!({ "username": 7 }))).await?.expect(400, 6)?;
    let empty = login(json!({ "username": "admin", "password": "" }));
    rest.post("/v1/auth", &empty).await?.expect(401, 3)?;
    let wrong = login(json!({ "username": "nobody", "password": "wrong" }));
    for _ in 0..6 {
        rest.post("/v1/auth", &wrong).await?.expect(401, 3)?;
    }
    rest.post("/v1/auth", &wrong).await?.expect(401, 47)?;
    primary.admin().await?;
    Ok(())
}

#[tokio::test]
async fn a_user_has_32_sessions_at_most() -> Result<()> {
    let primary = Primary::start().await?;
    let first = primary.admin().await?;
    for _ in 1..32 {
        primary.admin().await?;
    }
    ensure!(primary.admin().await.is_err(), "a session too many");
    first.delete("/v1/auth").await?.ok()?;
    primary.admin().await?;
    Ok(())
}
