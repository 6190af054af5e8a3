//! Changes that come at once: each is decided by what the one before left.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::rest::Answer;
use palisade_tests::{Primary, wait};
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection as _, PgConnection};

use crate::password::{log_in_with, set_profile};
use crate::user::{PASSWORD, create, log_in};

/// Gives mary another role.
const TOGGLE: &str =
    "UPDATE \"user\" SET role = CASE role WHEN 'reader' THEN 'ciops' ELSE 'reader' END
                      WHERE fullname = 'mary'";

/// Waits until so many calls wait for a lock.
async fn waiting(url: &str, calls: i64) -> Result<()> {
    wait::until("the calls wait for each other", || async {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
        .fetch_one(&mut PgConnection::connect(url).await?)
        .await?;
        Ok(wait::when(waiting >= calls))
    })
    .await
}

#[tokio::test]
async fn of_two_who_take_the_others_role_one_keeps_theirs() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let url = primary.database_url().context("no database")?;
    let demote = json!({ "config": { "role": "reader" } });
    for (delete, [first, second]) in [(true, ["ann", "ben"]), (false, ["cid", "dot"])] {
        for name in [first, second] {
            create(&admin, name, &json!({ "role": "fedAdmin" })).await?;
        }
        let (one, other) = (log_in(&primary, first).await?, log_in(&primary, second).await?);
        let mut holder = PgConnection::connect(url).await?;
        let mut held = holder.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock(hashtext('user'))").execute(&mut *held).await?;
        let take = async |of: &palisade_tests::rest::Rest, name: &str| -> Result<Answer> {
            let path = format!("/v1/user/{name}");
            if delete { of.delete(&path).await } else { of.patch(&path, &demote).await }
        };
        let both = async { tokio::try_join!(take(&one, second), take(&other, first)) };
        let release = async {
            waiting(url, 2).await?;
            held.commit().await?;
            anyhow::Ok(())
        };
        let ((one, other), ()) = tokio::try_join!(both, release)?;
        let (done, refused) = if one.status.is_success() { (one, other) } else { (other, one) };
        done.ok()?;
        refused.expect(401, 3)?;
        let left = admin.get("/v1/user").await?.ok()?;
        let left = left["users"].as_array().context("no users")?.iter();
        let left = left.filter(|one| one["role"] == "fedAdmin" && one["fullname"] != "admin");
        assert_eq!(left.count(), if delete { 1 } else { 2 });
    }
    Ok(())
}

#[tokio::test]
async fn a_key_that_was_removed_or_lost_something_meanwhile_gives_nothing() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let url = primary.database_url().context("no database")?;
    let all = json!([{ "id": "authorization", "read": true, "write": true }]);
    let staff = json!({ "config": { "name": "staff", "comment": "", "permissions": all } });
    admin.post("/v1/user_role", &staff).await?.ok()?;
    for (role, meanwhile) in [
        ("fedAdmin", "DELETE FROM api_key"),
        (
            "staff",
            r#"UPDATE user_role SET permissions = '[{ "id": "authorization", "read": true }]'"#,
        ),
    ] {
        let key = json!({ "apikey": { "apikey_name": "ci", "role": role,
            "expiration_type": "never" } });
        let made = admin.post("/v1/api_key", &key).await?.ok()?;
        let secret = made["apikey"]["apikey_secret"].as_str().context("no secret")?;
        let ci = primary.rest()?.with_header("X-Auth-Apikey", &format!("ci:{secret}"))?;
        let mut holder = PgConnection::connect(url).await?;
        let mut held = holder.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock(hashtext('user'))").execute(&mut *held).await?;
        let user = json!({ "user": { "fullname": "eve", "username": "eve", "role": role,
            "password": crate::user::PASSWORD } });
        let late = async { ci.post("/v1/user", &user).await };
        let release = async {
            waiting(url, 1).await?;
            sqlx::query(meanwhile).execute(&mut *held).await?;
            held.commit().await?;
            anyhow::Ok(())
        };
        let (late, ()) = tokio::try_join!(late, release)?;
        late.expect(401, 3).context(role)?;
        admin.get("/v1/user/eve").await?.expect(404, 7)?;
    }
    Ok(())
}

#[tokio::test]
async fn an_order_names_no_directory_that_is_removed_at_once() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let url = primary.database_url().context("no database")?;
    let ldap = json!({ "hostname": "127.0.0.1", "base_dn": "dc=shop" });
    let server = json!({ "config": { "name": "ldap1", "ldap": ldap } });
    admin.post("/v1/server", &server).await?.ok()?;
    let order = json!({ "config": { "auth_order": ["ldap1", "local"] } });
    let mut holder = PgConnection::connect(url).await?;
    let mut held = holder.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('user'))").execute(&mut *held).await?;
    let ordered = async { admin.patch("/v1/system/config", &order).await };
    let removed = async { admin.delete("/v1/server/ldap1").await };
    let release = async {
        waiting(url, 2).await?;
        held.commit().await?;
        anyhow::Ok(())
    };
    let (ordered, removed, ()) = tokio::try_join!(ordered, removed, release)?;
    ensure!(ordered.status.is_success() != removed.status.is_success(), "{ordered:?} {removed:?}");
    Ok(())
}

#[tokio::test]
async fn a_change_that_another_overtook_says_so_as_it_was_asked() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let url = primary.database_url().context("no database")?;
    create(&admin, "mary", &json!({ "role": "reader" })).await?;
    let ldap = json!({ "hostname": "127.0.0.1", "base_dn": "dc=shop" });
    let server = json!({ "config": { "name": "ldap1", "ldap": ldap } });
    admin.post("/v1/server", &server).await?.ok()?;
    let of_user = |text: &str| json!({ "config": { "email": format!("{text}@example.org") } });
    let of_domain = |text: &str| json!({ "config": { "domains": [text] } });
    let of_server = |text: &str| json!({ "config": { "groups": [text] } });
    for (overtake, path, [first, late]) in [
        (TOGGLE, "/v1/user/mary", ["first", "late"].map(of_user)),
        (TOGGLE, "/v1/user/mary/role/admin", ["first", "late"].map(of_domain)),
        (
            "UPDATE auth_server SET revision = revision + 1",
            "/v1/server/ldap1/role/reader",
            ["first", "late"].map(of_server),
        ),
    ] {
        for named in [true, false] {
            let answer = admin.patch(path, &first).await?;
            let tag = answer.headers.get("etag").context("no tag")?.to_str()?.to_owned();
            answer.ok()?;
            let caller = if named { admin.with_header("If-Match", &tag)? } else { admin.clone() };
            let mut holder = PgConnection::connect(url).await?;
            let mut held = holder.begin().await?;
            let done = sqlx::query(overtake).execute(&mut *held).await?;
            ensure!(done.rows_affected() == 1, "{overtake}");
            let change = async { caller.patch(path, &late).await };
            let release = async {
                waiting(url, 1).await?;
                held.commit().await?;
                anyhow::Ok(())
            };
            let (answer, ()) = tokio::try_join!(change, release)?;
            let (status, code) = if named { (412, 4) } else { (409, 19) };
            answer.expect(status, code).with_context(|| format!("{path}, {named}"))?;
        }
    }
    Ok(())
}

/// Guesses that come at once are looked at before the first of them counts.
#[tokio::test]
async fn a_block_is_neither_undone_nor_overtaken_by_attempts_that_came_with_it() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let url = primary.database_url().context("no database")?;
    let block = json!({
        "enable_block_after_failed_login": true, "block_after_failed_login_count": 1,
        "block_minutes": 5,
    });
    set_profile(&admin, block).await?.ok()?;
    create(&admin, "mary", &json!({ "role": "reader" })).await?;
    let rest = primary.rest()?;
    let wrong = ("wrong", None);
    for (others, must_choose) in
        [(wrong, false), ((PASSWORD, None), false), ((PASSWORD, Some("roasted-beans")), true)]
    {
        sqlx::query("UPDATE \"user\" SET reset_password = $1 WHERE fullname = 'mary'")
            .bind(must_choose)
            .execute(&mut PgConnection::connect(url).await?)
            .await?;
        let mut holder = PgConnection::connect(url).await?;
        let mut held = holder.begin().await?;
        sqlx::query("SELECT FROM \"user\" WHERE fullname = 'mary' FOR UPDATE")
            .execute(&mut *held)
            .await?;
        let [first, second] =
            [wrong, others].map(|(password, new)| log_in_with(&rest, password, new));
        // One after the other, so that it is known whose turn comes first.
        let second = async {
            waiting(url, 1).await?;
            second.await
        };
        let release = async {
            waiting(url, 2).await?;
            held.commit().await?;
            anyhow::Ok(())
        };
        let (first, second, ()) = tokio::try_join!(first, second, release)?;
        first.expect(401, 47)?;
        second.expect(401, 47)?;
        log_in_with(&rest, PASSWORD, None).await?.expect(401, 47)?;
        let config = json!({ "config": { "clear_failed_login": true } });
        admin.post("/v1/user/mary/password", &config).await?.ok()?;
    }
    log_in_with(&rest, PASSWORD, None).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn who_has_more_by_now_is_not_changed_by_who_has_less() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let url = primary.database_url().context("no database")?;
    for (name, write) in [("keeper", true), ("staff", false)] {
        let all = json!([{ "id": "authorization", "read": true, "write": write }]);
        let role = json!({ "config": { "name": name, "comment": "", "permissions": all } });
        admin.post("/v1/user_role", &role).await?.ok()?;
    }
    create(&admin, "mary", &json!({ "role": "staff" })).await?;
    create(&admin, "ann", &json!({ "role": "keeper" })).await?;
    let ann = log_in(&primary, "ann").await?;
    let reset = json!({ "force_reset_password": true, "new_password": "roasted-beans" });
    for (method, path, config) in [
        (Method::POST, "/v1/user/mary/password", reset),
        (Method::PATCH, "/v1/user/mary", json!({ "email": "ann@example.org" })),
    ] {
        let mut holder = PgConnection::connect(url).await?;
        let mut held = holder.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock(hashtext('user'))").execute(&mut *held).await?;
        let body = json!({ "config": config }).to_string();
        let late = ann.send(method, path, Some(body));
        let release = async {
            waiting(url, 1).await?;
            sqlx::query(
                r#"UPDATE user_role SET permissions = '[{ "id": "config", "write": true }]'
                   WHERE name = 'staff'"#,
            )
            .execute(&mut *held)
            .await?;
            held.commit().await?;
            anyhow::Ok(())
        };
        let (late, ()) = tokio::try_join!(late, release)?;
        late.expect(403, 25).context(path)?;
        sqlx::query(
            r#"UPDATE user_role SET permissions = '[{ "id": "authorization", "read": true }]'
               WHERE name = 'staff'"#,
        )
        .execute(&mut PgConnection::connect(url).await?)
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn logins_that_come_at_once_begin_no_more_sessions_than_one_may_have() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let url = primary.database_url().context("no database")?;
    create(&admin, "mary", &json!({ "role": "reader" })).await?;
    // One less than there may be.
    sqlx::query(
        "INSERT INTO session (id, fullname, address, created_at, last_seen_at, ends_at)
         SELECT gen_random_uuid(), 'mary', '', now(), now(), now() + interval '1 hour'
         FROM generate_series(1, 31)",
    )
    .execute(&mut PgConnection::connect(url).await?)
    .await?;
    let rest = primary.rest()?;
    let logins = [(); 4].map(|()| log_in_with(&rest, PASSWORD, None));
    let answers = futures_util::future::try_join_all(logins).await?;
    let begun = answers.iter().filter(|answer| answer.status.is_success()).count();
    assert_eq!(begun, 1);
    for refused in answers.iter().filter(|answer| !answer.status.is_success()) {
        ensure!(refused.text.contains("too_many_sessions"), "{}", refused.text);
    }
    Ok(())
}

/// Who logs in by a directory holds that, and then takes the user.
#[tokio::test]
async fn who_dissolves_the_federation_takes_directories_before_their_users() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let url = primary.database_url().context("no database")?;
    let promote = json!({ "master_rest_info": { "server": "127.0.0.1", "port": 11443 } });
    admin.post("/v1/fed/promote", &promote).await?.ok()?;
    let admin = primary.admin().await?;
    create(&admin, "mary", &json!({ "role": "fedReader" })).await?;
    let group = json!({ "group": "all", "global_role": "fedReader" });
    let ldap = json!({
        "hostname": "127.0.0.1", "base_dn": "dc=shop", "group_mapped_roles": [group],
    });
    let server = json!({ "config": { "name": "ldap1", "ldap": ldap } });
    admin.post("/v1/server", &server).await?.ok()?;
    let mut holder = PgConnection::connect(url).await?;
    let mut held = holder.begin().await?;
    sqlx::query("SELECT FROM auth_server FOR SHARE").execute(&mut *held).await?;
    let body = json!({});
    let demote = admin.post("/v1/fed/demote", &body);
    let login = async {
        waiting(url, 1).await?;
        sqlx::query("SELECT FROM \"user\" WHERE fullname = 'mary' FOR UPDATE")
            .execute(&mut *held)
            .await?;
        held.commit().await?;
        anyhow::Ok(())
    };
    let (demoted, ()) = tokio::try_join!(demote, login)?;
    demoted.ok()?;
    Ok(())
}
