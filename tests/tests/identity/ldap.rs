//! Users of an LDAP directory, against a real one.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::Primary;
use palisade_tests::rest::{Answer, Rest};
use palisade_tests::slapd::{BIND_PASSWORD, Slapd, group_dn, user_dn};
use serde_json::{Value, json};

use crate::endless_directory::{Endless, EndlessDirectory};
use crate::user::create;

const SERVER: &str = "ldap1";
pub(crate) const WORD: &str = "ldap-password";
/// The code where a directory cannot be asked.
const OUTAGE: u64 = 55;

pub(crate) async fn directory() -> Result<Slapd> {
    let (mary, joe) = (user_dn("mary"), user_dn("joe"));
    let inner = group_dn("inner");
    Slapd::start(
        &[("mary", WORD), ("joe", WORD), ("ann(x)", WORD), ("double", WORD)],
        &[("Admins", &[&mary]), ("inner", &[&joe]), ("outer", &[&inner])],
    )
    .await
}

/// The settings of a directory, whose users get `role` where no group says another.
pub(crate) fn with_default_role(slapd: &Slapd, role: &str) -> Value {
    let mut settings = slapd.settings();
    settings["default_role"] = json!(role);
    settings
}

pub(crate) async fn add(admin: &Rest, settings: Value) -> Result<()> {
    let config = json!({ "config": { "name": SERVER, "ldap": settings } });
    admin.post("/v1/server", &config).await?.ok()?;
    Ok(())
}

async fn change(admin: &Rest, settings: Value) -> Result<Answer> {
    let config = json!({ "config": { "name": SERVER, "ldap": settings } });
    admin.patch(&format!("/v1/server/{SERVER}"), &config).await
}

pub(crate) async fn log_in(rest: &Rest, path: &str, name: &str, password: &str) -> Result<Answer> {
    let login = json!({ "username": name, "password": password });
    rest.post(path, &json!({ "password": login })).await
}

#[tokio::test]
async fn a_directorys_user_logs_in_over_tls_with_the_roles_of_its_groups() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let slapd = directory().await?;
    let mut settings = slapd.settings();
    settings["group_mapped_roles"] = json!([
        { "group": "admins", "global_role": "admin" },
        { "group": group_dn("outer"), "global_role": "reader" },
    ]);
    add(&admin, settings).await?;
    let shown = admin.get(&format!("/v1/server/{SERVER}")).await?.ok()?;
    assert_eq!(shown["server"]["server_type"], "ldap");
    assert_eq!(shown["server"]["ldap"]["bind_password"], "");
    let rest = primary.rest()?;
    for path in ["/v1/auth", "/v1/auth/ldap1"] {
        let answer = log_in(&rest, path, "mary", WORD).await?.ok()?;
        assert_eq!(answer["token"]["fullname"], "ldap1:mary");
        assert_eq!(answer["token"]["role"], "admin");
        assert_eq!(answer["token"]["email"], "mary@example.org");
    }
    log_in(&rest, "/v1/auth", "mary", "wrong").await?.expect(401, 3)?;
    log_in(&rest, "/v1/auth", "mary", "").await?.expect(401, 3)?;
    log_in(&rest, "/v1/auth/local", "mary", WORD).await?.expect(401, 3)?;
    log_in(&rest, "/v1/auth/absent", "mary", WORD).await?.expect(404, 7)?;

    // Groups in groups count when they shall.
    log_in(&rest, "/v1/auth", "joe", WORD).await?.expect(401, 3)?;
    change(&admin, json!({ "nested_groups": true })).await?.ok()?;
    assert_eq!(log_in(&rest, "/v1/auth", "joe", WORD).await?.ok()?["token"]["role"], "reader");
    change(&admin, json!({ "group_filter": "(cn=inner)" })).await?.ok()?;
    log_in(&rest, "/v1/auth", "joe", WORD).await?.expect(401, 3)?;

    // A further condition for users.
    change(&admin, json!({ "user_filter": "(mail=joe@example.org)" })).await?.ok()?;
    log_in(&rest, "/v1/auth", "mary", WORD).await?.expect(401, 3)?;
    change(&admin, json!({ "user_filter": "(((" })).await?.expect(400, 6)?;

    // StartTLS on the port without TLS.
    let start_tls = json!({
        "ssl": false, "start_tls": true, "port": slapd.port(), "user_filter": "", "group_filter": "",
    });
    change(&admin, start_tls.clone()).await?.expect(400, 6).context("the secret went elsewhere")?;
    let mut with_secret = start_tls;
    with_secret["bind_password"] = slapd.settings()["bind_password"].clone();
    change(&admin, with_secret).await?.ok()?;
    log_in(&rest, "/v1/auth", "mary", WORD).await?.ok()?;
    change(&admin, json!({ "ca_cert": "" })).await?.ok()?;
    log_in(&rest, "/v1/auth", "mary", WORD).await?.expect(503, OUTAGE)?;
    Ok(())
}

#[tokio::test]
async fn no_log_holds_a_password_that_goes_to_a_directory() -> Result<()> {
    let primary = Primary::builder().arg("--log").arg("trace").start().await?;
    let admin = primary.admin().await?;
    let slapd = directory().await?;
    add(&admin, with_default_role(&slapd, "reader")).await?;
    let rest = primary.rest()?;
    log_in(&rest, "/v1/auth/ldap1", "mary", WORD).await?.ok()?;
    log_in(&rest, "/v1/auth/ldap1", "mary", "wrong-secret-word").await?.expect(401, 3)?;
    let log = primary.process().log();
    for secret in [WORD, "wrong-secret-word", BIND_PASSWORD] {
        ensure!(!log.contains(secret), "the log shows a secret");
    }
    Ok(())
}

#[tokio::test]
async fn a_name_is_never_taken_for_a_filter() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let slapd = directory().await?;
    add(&admin, with_default_role(&slapd, "reader")).await?;
    let rest = primary.rest()?;
    for name in ["*", "mar*", "mary)(cn=*", "*)(|(cn=*", "mary)(objectClass=*", "mary\\2a"] {
        let answer = log_in(&rest, "/v1/auth/ldap1", name, WORD).await?;
        ensure!(answer.status == 401, "{name:?} logs in: {}", answer.text);
    }
    let odd = log_in(&primary.rest()?, "/v1/auth/ldap1", "ann(x)", WORD).await?.ok()?;
    assert_eq!(odd["token"]["fullname"], "ldap1:ann(x)");
    Ok(())
}

#[tokio::test]
async fn one_person_is_one_user_however_the_name_is_typed() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let slapd = directory().await?;
    add(&admin, with_default_role(&slapd, "reader")).await?;
    let rest = primary.rest()?;
    log_in(&rest, "/v1/auth", "mary", WORD).await?.ok()?;
    // What is decided about the user holds for all the ways to write its name.
    let less = json!({ "config": { "fullname": "ldap1:mary", "role": "ciops" } });
    admin.patch("/v1/user/ldap1:mary", &less).await?.ok()?;
    for name in ["Mary", "MARY", " mary", "mary "] {
        let token = log_in(&rest, "/v1/auth", name, WORD).await?.ok()?;
        assert_eq!(token["token"]["fullname"], "ldap1:mary", "{name:?}");
        assert_eq!(token["token"]["role"], "ciops", "{name:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_directory_that_never_comes_to_an_end_is_left() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    for (endless, why) in [
        (Endless::Entries, "2 entries match, and one must"),
        (Endless::References, "no end of the answer in time"),
        (Endless::Silence, "timeout"),
    ] {
        let directory = EndlessDirectory::start(endless).await?;
        let settings = json!({
            "hostname": "127.0.0.1", "port": directory.port, "base_dn": "dc=example,dc=org",
            "bind_dn": "cn=service", "bind_password": "word", "enable": true,
        });
        let user = json!({ "username": "mary", "password": WORD });
        let test = json!({ "test": { "ldap": settings, "test_ldap": user } });
        let answer = admin.post("/v1/debug/server/test", &test).await?;
        answer.expect(500, 3).context(why)?;
        ensure!(answer.text.contains("finding the user below base_dn failed"), "{}", answer.text);
        ensure!(answer.text.contains(why), "{}", answer.text);
    }
    Ok(())
}

#[tokio::test]
async fn who_finds_no_turn_at_a_directory_has_not_failed() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let directory = EndlessDirectory::start(Endless::Silence).await?;
    let settings = json!({
        "hostname": "127.0.0.1", "port": directory.port, "base_dn": "dc=example,dc=org",
        "bind_dn": "cn=service", "bind_password": "word", "enable": true,
    });
    add(&admin, settings).await?;
    let rest = primary.rest()?;
    let names: Vec<String> = (0..60).map(|number| format!("user-{number}")).collect();
    let logins = names.iter().map(|name| log_in(&rest, "/v1/auth/ldap1", name, WORD));
    let answers = futures_util::future::try_join_all(logins).await?;
    let refused = answers.iter().filter(|answer| answer.status != 503).count();
    ensure!(refused == 0, "{refused} refused, though the directory said nothing");
    let turned_away = answers.iter().filter(|answer| answer.code() == Some(11)).count();
    ensure!(turned_away > 0, "nobody was told to come again");
    // The first administrator is not kept out by that.
    primary.admin().await?;
    Ok(())
}

#[tokio::test]
async fn an_outage_of_a_directory_is_nobodys_failure() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let mut slapd = directory().await?;
    add(&admin, with_default_role(&slapd, "reader")).await?;
    create(&admin, "local", &json!({ "role": "reader" })).await?;
    slapd.stop().await?;
    let rest = primary.rest()?;
    // More often than failures are free.
    for path in ["/v1/auth", "/v1/auth/ldap1"] {
        for _ in 0..7 {
            log_in(&rest, path, "mary", WORD).await?.expect(503, OUTAGE)?;
        }
    }
    // A name or password that no directory takes is none of its outages.
    for (name, word) in [("x".repeat(300), WORD.to_owned()), ("joe".to_owned(), "x".repeat(2_000))]
    {
        log_in(&rest, "/v1/auth/ldap1", &name, &word).await?.expect(401, 3)?;
    }
    // Guessing the password of a user who is known here counts, and looks the same.
    for _ in 0..6 {
        log_in(&rest, "/v1/auth", "local", "wrong").await?.expect(503, OUTAGE)?;
    }
    log_in(&rest, "/v1/auth", "local", "wrong").await?.expect(401, 47)?;
    let recorded = async |name: &str| -> Result<Vec<Value>> {
        let listed = admin.get(&format!("/v1/fed/events?name={name}")).await?.ok()?;
        Ok(listed["events"].as_array().context("no events")?.clone())
    };
    let outages = recorded("Auth.Server.Unreachable").await?;
    assert_eq!(outages.len(), 1, "{outages:?}");
    let message = outages[0]["detail"]["message"].as_str().unwrap_or_default();
    assert_eq!(
        message,
        "ldap1 could not be asked who logs in: connecting to the directory failed."
    );
    let failed = recorded("User.Login.Failed").await?;
    ensure!(failed.iter().all(|one| one["detail"]["user"] != json!("mary")), "{failed:?}");

    // The next one is asked all the same.
    let next = directory().await?;
    let settings = with_default_role(&next, "ciops");
    let config = json!({ "config": { "name": "ldap2", "ldap": settings } });
    admin.post("/v1/server", &config).await?.ok()?;
    let token = log_in(&rest, "/v1/auth", "mary", WORD).await?.ok()?;
    assert_eq!(token["token"]["fullname"], "ldap2:mary");
    Ok(())
}

#[tokio::test]
async fn the_order_decides_who_vouches_and_the_first_admin_always_may() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let mut slapd = directory().await?;
    add(&admin, with_default_role(&slapd, "reader")).await?;
    create(&admin, "mary", &json!({ "role": "ciops", "password": WORD })).await?;
    let rest = primary.rest()?;
    let who = async || -> Result<Value> {
        let answer = log_in(&rest, "/v1/auth", "mary", WORD).await?.ok()?;
        Ok(answer["token"]["fullname"].clone())
    };
    assert_eq!(who().await?, "mary");
    let order = |order: Value| json!({ "config": { "auth_order": order } });
    admin.patch("/v1/system/config", &order(json!([SERVER, "local"]))).await?.ok()?;
    assert_eq!(
        admin.get("/v1/system/config").await?.ok()?["config"]["auth_order"],
        json!([SERVER, "local"])
    );
    assert_eq!(who().await?, "ldap1:mary");
    for wrong in [json!(["absent"]), json!(["local", "local"])] {
        admin.patch("/v1/system/config", &order(wrong)).await?.expect(400, 6)?;
    }
    let other = json!({ "config": { "auth_order": ["local"], "cluster_name": "x" } });
    admin.patch("/v1/system/config", &other).await?.expect(400, 6)?;

    // Clients ask for directories of a kind.
    for (filter, listed) in [("type=ldap", 1), ("type=saml", 0), ("category=auth", 1)] {
        let servers = admin.get(&format!("/v1/server?f_{filter}")).await?.ok()?;
        assert_eq!(servers["servers"].as_array().map(Vec::len), Some(listed), "{filter}");
    }
    for wrong in ["f_type=other", "f_category=log"] {
        admin.get(&format!("/v1/server?{wrong}")).await?.expect(400, 6)?;
    }
    // What stands in the order stays.
    admin.delete(&format!("/v1/server/{SERVER}")).await?.expect(409, 16)?;

    // Without the primary in the order its users are out, but not the first.
    admin.patch("/v1/system/config", &order(json!([SERVER]))).await?.ok()?;
    create(&admin, "only-local", &json!({ "role": "reader" })).await?;
    log_in(&rest, "/v1/auth", "only-local", crate::user::PASSWORD).await?.expect(401, 3)?;
    primary.admin().await?;
    // Nor does a directory that is gone lock anybody out who is local.
    admin.patch("/v1/system/config", &order(json!([SERVER, "local"]))).await?.ok()?;
    slapd.stop().await?;
    assert_eq!(who().await?, "mary");
    admin.patch("/v1/system/config", &order(json!([]))).await?.ok()?;
    admin.delete(&format!("/v1/server/{SERVER}")).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn a_trial_tells_the_groups_or_which_step_failed() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let slapd = directory().await?;
    add(&admin, slapd.settings()).await?;
    let trial = async |name: &str, more: Value, user: &str, word: &str| -> Result<Answer> {
        let mut ldap = if name.is_empty() { slapd.settings() } else { json!({}) };
        for (key, value) in more.as_object().into_iter().flatten() {
            ldap[key] = value.clone();
        }
        let user = json!({ "username": user, "password": word });
        let test = json!({ "test": { "name": name, "ldap": ldap, "test_ldap": user } });
        admin.post("/v1/debug/server/test", &test).await
    };
    for name in ["", SERVER] {
        let answer = trial(name, json!({}), "mary", WORD).await?.ok()?;
        assert_eq!(answer["result"]["groups"], json!(["Admins", group_dn("Admins")]));
    }
    for (more, user, word, step, reason) in [
        (json!({ "port": 1 }), "mary", WORD, "connecting to the directory", "connect"),
        (json!({ "ca_cert": "" }), "mary", WORD, "connecting to the directory", "connect"),
        (json!({ "bind_password": "wrong" }), "mary", WORD, "binding as bind_dn", "bind"),
        (json!({}), "nobody", WORD, "finding the user below base_dn", "find_user"),
        (
            json!({ "base_dn": "dc=absent" }),
            "mary",
            WORD,
            "finding the user below base_dn",
            "find_user",
        ),
        (json!({}), "mary", "wrong", "binding as the user", "password"),
        (
            json!({ "group_dn": "dc=absent" }),
            "mary",
            WORD,
            "finding the user's groups",
            "find_groups",
        ),
    ] {
        let answer = trial("", more.clone(), user, word).await?;
        answer.expect(500, 3).context(more.clone())?;
        let body: Value = serde_json::from_str(&answer.text)?;
        assert_eq!(body["reason"], reason, "{more}: {body}");
        let message = body["message"].as_str().unwrap_or_default();
        let detail = body["detail"].as_str().unwrap_or_default();
        assert_eq!(message, format!("{step} failed: {detail}"), "{more}");
        let absent = more.to_string().contains("dc=absent");
        assert_eq!(detail.contains("no entry of that name"), absent, "{detail}");
        ensure!(!message.contains(WORD) && !message.contains("service-password"), "{message}");
    }
    trial("", json!({}), "mary", "").await?.expect(400, 6)?;
    for host in ["127.0.0.1:389", "a b", "ldap://a"] {
        let host = json!({ "hostname": host });
        trial("", host.clone(), "mary", WORD).await?.expect(400, 6).context(host)?;
    }
    // The stored password goes nowhere else.
    trial(SERVER, json!({ "port": slapd.port(), "ssl": false }), "mary", WORD)
        .await?
        .expect(400, 6)?;
    trial("absent", json!({}), "mary", WORD).await?.expect(404, 7)?;
    Ok(())
}
