//! The rules of passwords.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::Primary;
use palisade_tests::rest::{Answer, Rest};
use serde_json::{Value, json};

use crate::user::{PASSWORD, create, log_in};

pub(crate) async fn set_profile(admin: &Rest, mut config: Value) -> Result<Answer> {
    config["name"] = json!("default");
    admin.patch("/v1/password_profile/default", &json!({ "config": config })).await
}

pub(crate) async fn log_in_with(rest: &Rest, password: &str, new: Option<&str>) -> Result<Answer> {
    let mut login = json!({ "username": "mary", "password": password });
    if let Some(new) = new {
        login["new_password"] = json!(new);
    }
    rest.post("/v1/auth", &json!({ "password": login })).await
}

async fn reset(admin: &Rest, config: Value) -> Result<Answer> {
    admin.post("/v1/user/mary/password", &json!({ "config": config })).await
}

#[tokio::test]
async fn a_password_has_what_the_profile_demands() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let listed = admin.get("/v1/password_profile").await?.ok()?;
    assert_eq!(listed["active_profile_name"], "default");
    assert_eq!(listed["pwd_profiles"][0]["min_len"], 8);
    assert_eq!(listed["pwd_profiles"][0]["session_timeout"], 300);
    let wanted = json!({
        "min_len": 10, "min_uppercase_count": 1, "min_lowercase_count": 1,
        "min_digit_count": 1, "min_special_count": 1, "session_timeout": 900,
    });
    set_profile(&admin, wanted).await?.ok()?;
    for (senseless, reason) in [
        (json!({ "min_len": 5 }), "profile_min_len"),
        (json!({ "min_digit_count": 99 }), "profile_counts"),
        (json!({ "session_timeout": 1 }), "profile_session_timeout"),
    ] {
        let answer = set_profile(&admin, senseless).await?;
        answer.expect(400, 6)?;
        let body: Value = serde_json::from_str(&answer.text)?;
        assert_eq!(body["reason"], reason, "{body}");
    }
    for weak in ["Ab1!", "abcdefghi1!", "ABCDEFGHI1!", "Abcdefghij!", "Abcdefghi12"] {
        let user = json!({ "username": "mary", "password": weak, "role": "reader" });
        let answer = admin.post("/v1/user", &json!({ "user": user })).await?;
        answer.expect(400, 14)?;
        let body: Value = serde_json::from_str(&answer.text)?;
        assert_eq!(body["password_profile_basic"]["min_len"], 10, "{body}");
        assert_eq!(body["reason"], "password_too_weak", "{body}");
    }
    create(&admin, "mary", &json!({ "role": "reader", "password": "Abcdefghi1!" })).await?;
    let mut mary = primary.rest()?;
    let token = mary.login("mary", "Abcdefghi1!").await?;
    assert_eq!(token["token"]["timeout"], 900);
    // Who chooses a password may know what it must have, and no more.
    let basic = mary.get("/v1/password_profile/nvsyspwdprofile").await?.ok()?;
    assert_eq!(
        basic["pwd_profile"],
        json!({
            "min_len": 10, "min_uppercase_count": 1, "min_lowercase_count": 1,
            "min_digit_count": 1, "min_special_count": 1,
        })
    );
    Ok(())
}

#[tokio::test]
async fn a_forced_reset_is_followed_at_the_next_login() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    create(&admin, "mary", &json!({ "role": "reader" })).await?;
    let before = log_in(&primary, "mary").await?;
    let force = json!({
        "fullname": "mary", "force_reset_password": true, "new_password": "first-word",
        "reset_password_in_next_login": true,
    });
    reset(&admin, force).await?.ok()?;
    before.get("/v1/selfuser").await?.expect(401, 3)?;
    let rest = primary.rest()?;
    log_in_with(&rest, PASSWORD, None).await?.expect(401, 3)?;
    let must = log_in_with(&rest, "first-word", None).await?.ok()?;
    assert_eq!((&must["token"], &must["need_to_reset_password"]), (&Value::Null, &json!(true)));
    log_in_with(&rest, "first-word", Some("short")).await?.expect(400, 14)?;
    log_in_with(&rest, "first-word", Some("first-word")).await?.expect(400, 14)?;
    let answer = log_in_with(&rest, "first-word", Some("second-word")).await?.ok()?;
    assert_eq!(answer["need_to_reset_password"], false);
    ensure!(answer["token"]["token"].is_string(), "{answer}");
    log_in_with(&rest, "first-word", None).await?.expect(401, 3)?;
    log_in_with(&rest, "second-word", None).await?.ok()?;
    reset(&admin, json!({ "force_reset_password": true })).await?.expect(400, 6)?;
    Ok(())
}

#[tokio::test]
async fn former_passwords_are_refused() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let keep = json!({ "enable_password_history": true, "password_keep_history_count": 3 });
    set_profile(&admin, keep).await?.ok()?;
    create(&admin, "mary", &json!({ "role": "reader" })).await?;
    let force = |new: &str| json!({ "force_reset_password": true, "new_password": new });
    reset(&admin, force(PASSWORD)).await?.expect(400, 14)?;
    for new in ["password-1", "password-2"] {
        reset(&admin, force(new)).await?.ok()?;
    }
    for former in [PASSWORD, "password-1", "password-2"] {
        reset(&admin, force(former)).await?.expect(400, 14)?;
    }
    reset(&admin, force("password-3")).await?.ok()?;
    // Three are remembered, the present one included.
    reset(&admin, force("password-1")).await?.expect(400, 14)?;
    reset(&admin, force(PASSWORD)).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn too_many_failures_block_and_an_admin_unblocks() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let block = json!({
        "enable_block_after_failed_login": true, "block_after_failed_login_count": 3,
        "block_minutes": 5,
    });
    set_profile(&admin, block).await?.ok()?;
    create(&admin, "mary", &json!({ "role": "reader" })).await?;
    let mary = log_in(&primary, "mary").await?;
    let rest = primary.rest()?;
    for _ in 0..2 {
        log_in_with(&rest, "wrong", None).await?.expect(401, 3)?;
    }
    log_in_with(&rest, "wrong", None).await?.expect(401, 47)?;
    log_in_with(&rest, PASSWORD, None).await?.expect(401, 47)?;
    // Who guesses blocks nobody's work.
    mary.get("/v1/selfuser").await?.ok()?;
    let seen = admin.get("/v1/user/mary").await?.ok()?;
    assert_eq!(seen["user"]["blocked_for_failed_login"], true);
    reset(&admin, json!({ "clear_failed_login": true })).await?.ok()?;
    let seen = admin.get("/v1/user/mary").await?.ok()?;
    assert_eq!(seen["user"]["blocked_for_failed_login"], false);
    log_in_with(&rest, PASSWORD, None).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn a_login_that_fails_is_recorded_and_the_same_one_once() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let block = json!({
        "enable_block_after_failed_login": true, "block_after_failed_login_count": 3,
        "block_minutes": 5,
    });
    set_profile(&admin, block).await?.ok()?;
    create(&admin, "mary", &json!({ "role": "reader" })).await?;
    let rest = primary.rest()?;
    for _ in 0..3 {
        log_in_with(&rest, "wrong-secret-word", None).await?;
    }
    let recorded = async |name: &str| -> Result<Vec<Value>> {
        let listed = admin.get(&format!("/v1/fed/events?name={name}")).await?.ok()?;
        Ok(listed["events"].as_array().context("no events")?.clone())
    };
    let failed = recorded("User.Login.Failed").await?;
    assert_eq!(failed.len(), 1, "{failed:?}");
    let blocked = recorded("User.Login.Blocked").await?;
    assert_eq!(blocked.len(), 1, "{blocked:?}");
    for one in [&failed[0], &blocked[0]] {
        let text = one.to_string();
        ensure!(text.contains("mary did not log in from 127.0.0.1"), "{text}");
        ensure!(text.contains("AUTH"), "{text}");
        ensure!(!text.contains("wrong-secret-word"), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn passwords_expire_in_days_that_are_counted_from_the_change_of_the_profile() -> Result<()> {
    let mut primary = Primary::start().await?;
    let admin = primary.admin().await?;
    create(&admin, "mary", &json!({ "role": "reader" })).await?;
    let never = primary.rest()?.login("mary", PASSWORD).await?;
    assert_eq!(never["password_days_until_expire"], -1);
    let expire = json!({ "enable_password_expiration": true, "password_expire_after_days": 2 });
    set_profile(&admin, expire).await?.ok()?;
    let soon = primary.rest()?.login("mary", PASSWORD).await?;
    assert_eq!(soon["password_days_until_expire"], 1);
    assert_eq!(soon["password_hours_until_expire"], 23);
    reset(&admin, json!({ "new_password": "roasted-beans" })).await?.expect(403, 4)?;

    primary.stop().await?;
    primary.move_clock("+3d")?;
    primary.restart().await?;
    log_in_with(&primary.rest()?, PASSWORD, None).await?.expect(401, 48)?;
    log_in_with(&primary.rest()?, "wrong", None).await?.expect(401, 3)?;
    Ok(())
}

#[tokio::test]
async fn a_password_is_the_same_however_a_keyboard_composes_it() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    // As macOS may send it, and as Windows does.
    let (apart, as_one) = ("Cafe\u{301}\u{a0}noir-77", "Caf\u{e9} noir-77");
    create(&admin, "mary", &json!({ "role": "reader", "password": apart })).await?;
    let mut mary = primary.rest()?;
    for typed in [apart, as_one] {
        mary.login("mary", typed).await?;
    }
    ensure!(mary.login("mary", "Cafe noir-77").await.is_err(), "another letter is another one");
    Ok(())
}
