//! Providers of OpenID Connect as they are found in companies: behind a proxy,
//! replaced by others, and sparing with what they say.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use palisade_tests::Primary;
use palisade_tests::idp::{CLIENT, Idp, Returned, lie, parameter, visit};
use palisade_tests::rest::{Answer, Rest};
use palisade_tests::tunnel::Tunnel;
use palisade_tests::wait;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use crate::oidc::{OUTAGE, add, begin, finish, people, sign_in};

const SERVER: &str = "openId1";

#[tokio::test]
async fn a_provider_is_reached_by_a_proxy_that_wants_a_password() -> Result<()> {
    // user:pass word
    let tunnel = Tunnel::start(Some("Basic dXNlcjpwYXNzIHdvcmQ=")).await?;
    let proxy = format!("http://user:pass%20word@{}", tunnel.address());
    let primary = Primary::builder().arg("--https-proxy").arg(proxy).start().await?;
    let admin = primary.admin().await?;
    let idp = Idp::certified(people()).await?;
    let mut settings = idp.settings();
    settings["default_role"] = json!("reader");
    add(&admin, "direct", settings.clone()).await?;
    settings["use_proxy"] = json!(true);
    add(&admin, SERVER, settings).await?;
    let rest = primary.rest()?;
    sign_in(&rest, "direct", "mary").await?.ok()?;
    assert_eq!(tunnel.opened(), 0);
    sign_in(&rest, SERVER, "mary").await?.ok()?;
    ensure!(tunnel.opened() > 0, "the proxy was passed by");
    let test = json!({ "test": { "name": SERVER } });
    admin.post("/v1/debug/server/test", &test).await?.ok()?;
    ensure!(!primary.process().log().contains("pass%20word"), "the log shows the password");
    Ok(())
}

#[tokio::test]
async fn another_provider_under_the_same_name_is_another_provider() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let rest = primary.rest()?;
    let (one, two) = (Idp::certified(people()).await?, Idp::certified(people()).await?);
    for idp in [&one, &two] {
        let mut settings = idp.settings();
        settings["default_role"] = json!("reader");
        add(&admin, SERVER, settings).await?;
        let url = begin(&rest, SERVER).await?;
        ensure!(url.starts_with(idp.issuer()), "{url} is not at {}", idp.issuer());
        sign_in(&rest, SERVER, "mary").await?.ok()?;
        admin.delete(&format!("/v1/server/{SERVER}")).await?.ok()?;
    }
    Ok(())
}

/// Signs in with a token of these claims.
pub(crate) async fn with_claims(rest: &Rest, issuer: &str, change: &Value) -> Result<Answer> {
    signed_with(rest, issuer, change, "RS256").await
}

/// The same with a token that is signed so.
async fn signed_with(rest: &Rest, issuer: &str, change: &Value, alg: &str) -> Result<Answer> {
    let url = begin(rest, SERVER).await?;
    finish(rest, SERVER, &returned(&url, issuer, change, alg)?).await
}

/// What brings such a token to whoever began a login by that address.
pub(crate) fn returned(url: &str, issuer: &str, change: &Value, alg: &str) -> Result<Returned> {
    let now = chrono::Utc::now().timestamp();
    let mut claims = json!({
        "iss": issuer, "aud": CLIENT, "sub": "1", "nonce": parameter(url, "nonce")?,
        "iat": now, "exp": now + 300,
    });
    for (name, value) in change.as_object().context("no claims")? {
        claims[name] = value.clone();
    }
    let code = lie(&claims, alg, "published");
    Ok(Returned { code, state: parameter(url, "state")?, iss: None })
}

#[tokio::test]
async fn tokens_are_signed_in_any_way_that_a_published_key_can() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let rest = primary.rest()?;
    let mary = json!({ "preferred_username": "mary" });
    for (alg, nameless) in [
        ("ES256", false),
        ("ES384", true),
        ("ES512", false),
        ("ES512", true),
        ("PS256", true),
        ("PS512", false),
        ("RS384", true),
        ("EdDSA", true),
    ] {
        let idp = Idp::hostile(json!({ "signs": alg, "nameless": nameless })).await?;
        let mut settings = idp.settings();
        settings["default_role"] = json!("reader");
        add(&admin, SERVER, settings).await?;
        let signed_in = signed_with(&rest, idp.issuer(), &mary, alg).await?.ok();
        let signed_in = signed_in.with_context(|| format!("{alg}, nameless: {nameless}"))?;
        assert_eq!(signed_in["token"]["role"], "reader", "{alg}");
        admin.delete(&format!("/v1/server/{SERVER}")).await?.ok()?;
    }
    Ok(())
}

#[tokio::test]
async fn who_logs_in_while_their_provider_is_removed_is_nobody() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let idp = Idp::certified(people()).await?;
    let mut settings = idp.settings();
    settings["default_role"] = json!("reader");
    add(&admin, SERVER, settings).await?;
    let rest = primary.rest()?;
    let returned = visit(&begin(&rest, SERVER).await?, "mary").await?;
    let url = primary.database_url().context("no database")?;
    let mut other = PgConnection::connect(url).await?;
    let mut removal = other.begin().await?;
    sqlx::query("LOCK TABLE auth_server IN EXCLUSIVE MODE").execute(&mut *removal).await?;
    let login = tokio::spawn(async move { finish(&rest, SERVER, &returned).await });
    wait::until("the login knows who it is", || async {
        let waiting: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM pg_stat_activity
                            WHERE datname = current_database() AND wait_event_type = 'Lock'
                                  AND query LIKE '%FROM auth_server%FOR SHARE%')",
        )
        .fetch_one(&mut PgConnection::connect(url).await?)
        .await?;
        Ok(wait::when(waiting))
    })
    .await?;
    sqlx::query("DELETE FROM auth_server").execute(&mut *removal).await?;
    removal.commit().await?;
    login.await??.expect(503, OUTAGE)?;
    admin.get("/v1/user/openId1:mary").await?.expect(404, 7)
}

#[tokio::test]
async fn a_trial_tells_that_a_provider_can_encrypt() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    for (ways, expected) in [(json!(["RSA-OAEP"]), json!(["may_encrypt"])), (json!([]), json!([]))]
    {
        let metadata = json!({ "id_token_encryption_alg_values_supported": ways });
        let idp = Idp::hostile(json!({ "metadata": metadata })).await?;
        let test = json!({ "test": { "oidc": idp.settings() } });
        let result = admin.post("/v1/debug/server/test", &test).await?.ok()?;
        let codes = &result["result"]["note_codes"];
        ensure!(*codes == expected || expected == json!([]) && codes.is_null(), "{result}");
    }
    Ok(())
}

#[tokio::test]
async fn a_trial_tells_why_nobody_could_log_in() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    for (metadata, reason, detail) in [
        (
            json!({ "id_token_signing_alg_values_supported": ["HS256"] }),
            "oidc_signature_algorithm",
            "signs by HS256, and what counts is RS256",
        ),
        (
            json!({ "token_endpoint_auth_methods_supported": ["private_key_jwt", "none"] }),
            "oidc_client_secret",
            "takes it by private_key_jwt, none, and here",
        ),
        (json!({ "token_endpoint": null }), "oidc_token_endpoint", "publishes none"),
        (json!({ "issuer": "https://other.example" }), "oidc_discovery", "other.example"),
        (
            json!({ "require_signed_request_object": true }),
            "oidc_discovery",
            "signed requests alone",
        ),
        (
            json!({ "require_pushed_authorization_requests": true }),
            "oidc_discovery",
            "publishes no https address",
        ),
        (
            json!({
                "require_pushed_authorization_requests": true,
                "pushed_authorization_request_endpoint": "http://idp.example/par",
            }),
            "oidc_discovery",
            "publishes no https address",
        ),
    ] {
        let idp = Idp::hostile(json!({ "metadata": metadata })).await?;
        let test = json!({ "test": { "oidc": idp.settings() } });
        let answer = admin.post("/v1/debug/server/test", &test).await?;
        answer.expect(500, 3).context(reason)?;
        let body: Value = serde_json::from_str(&answer.text)?;
        assert_eq!(body["reason"], reason, "{body}");
        let told = body["detail"].as_str().context("no detail")?;
        ensure!(told.contains(detail), "{told}");
        let message = body["message"].as_str().context("no message")?;
        ensure!(message.ends_with(&format!(" failed: {told}")), "{message}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_said_beside_the_tokens_keeps_nobody_out() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    // As Entra ID of old, and some others.
    let beside = json!({ "expires_in": "3599", "scope": ["openid"], "token_type": null });
    let idp = Idp::hostile(json!({ "tokens": beside })).await?;
    let mut settings = idp.settings();
    settings["default_role"] = json!("reader");
    add(&admin, SERVER, settings).await?;
    let mary = json!({ "preferred_username": "mary" });
    let answer = with_claims(&primary.rest()?, idp.issuer(), &mary).await?.ok()?;
    assert_eq!(answer["token"]["role"], "reader");
    Ok(())
}

#[tokio::test]
async fn user_info_adds_what_the_token_leaves_open() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let rest = primary.rest()?;
    let all = json!({ "preferred_username": "mary", "groups": ["ops"] });
    let no_groups = json!({ "preferred_username": "mary" });
    let by_mail = json!({ "email": "mary@example.org" });
    let (ops, joe) = (json!({ "sub": "1", "groups": ["ops"] }), json!({ "sub": "2" }));
    let named = json!({ "sub": "1", "groups": ["ops"], "preferred_username": "mary" });
    let doubts = json!({ "sub": "1", "groups": ["ops"], "email_verified": false });
    for (what, status, info, claims, expected) in [
        ("nothing is missing", 200, &ops, &all, Some("mary")),
        ("it has the groups", 200, &ops, &no_groups, Some("mary")),
        ("it has the better name", 200, &named, &by_mail, Some("mary")),
        ("it has no better name", 200, &ops, &by_mail, Some("mary@example.org")),
        ("it knows that nobody verified the address", 200, &doubts, &by_mail, None),
        ("it is refused and not needed", 403, &ops, &all, Some("mary")),
        ("it fails and is not needed", 500, &ops, &all, Some("mary")),
        ("it is refused and has the groups", 403, &ops, &no_groups, None),
        ("it is another person's", 200, &joe, &all, None),
    ] {
        let user_info = json!({ "userinfo": { "status": status, "body": info } });
        let idp = Idp::hostile(user_info).await?;
        let mut settings = idp.settings();
        settings["group_mapped_roles"] = json!([{ "group": "ops", "global_role": "reader" }]);
        add(&admin, SERVER, settings).await?;
        let answer = with_claims(&rest, idp.issuer(), claims).await?;
        match expected {
            None => answer.expect(401, 3).context(what)?,
            Some(name) => {
                let token = answer.ok().context(what)?;
                assert_eq!(token["token"]["fullname"], format!("{SERVER}:{name}"), "{what}");
                assert_eq!(token["token"]["role"], "reader", "{what}");
            }
        }
        admin.delete(&format!("/v1/server/{SERVER}")).await?.ok()?;
    }
    Ok(())
}

#[tokio::test]
async fn user_info_that_is_signed_counts_where_its_signature_does() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let rest = primary.rest()?;
    let all = json!({ "preferred_username": "mary", "groups": ["ops"] });
    let no_groups = json!({ "preferred_username": "mary" });
    for (alg, subject, claims, expected) in [
        ("RS256", "1", &no_groups, true),
        ("RS256", "2", &all, false),
        // Of user info other signatures are not verified: it is as if there was none.
        ("ES256", "1", &all, true),
        ("ES256", "1", &no_groups, false),
    ] {
        let info = json!({ "sub": subject, "groups": ["ops"] });
        let info = json!({ "status": 200, "jwt": true, "body": info });
        let idp = Idp::hostile(json!({ "signs": alg, "userinfo": info })).await?;
        let mut settings = idp.settings();
        settings["group_mapped_roles"] = json!([{ "group": "ops", "global_role": "reader" }]);
        add(&admin, SERVER, settings).await?;
        let answer = signed_with(&rest, idp.issuer(), claims, alg).await?;
        let what = format!("{alg} {subject} {claims}");
        if expected {
            assert_eq!(answer.ok().context(what)?["token"]["role"], "reader");
        } else {
            answer.expect(401, 3).context(what)?;
        }
        admin.delete(&format!("/v1/server/{SERVER}")).await?.ok()?;
    }
    Ok(())
}

async fn events(admin: &Rest, name: &str) -> Result<Vec<Value>> {
    let listed = admin.get(&format!("/v1/fed/events?name={name}")).await?.ok()?;
    Ok(listed["events"].as_array().context("no events")?.clone())
}

#[tokio::test]
async fn a_provider_that_is_out_of_order_is_nobodys_failure() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let rest = primary.rest()?;
    let mary = json!({ "preferred_username": "mary" });
    for (what, config) in [
        ("it gives no tokens", json!({ "down": ["/token"] })),
        ("it gives no user info", json!({ "userinfo": { "status": 500, "body": {} } })),
        ("it has no time", json!({ "userinfo": { "status": 429, "body": {} } })),
    ] {
        let idp = Idp::hostile(config).await?;
        let mut settings = idp.settings();
        settings["default_role"] = json!("reader");
        add(&admin, SERVER, settings).await?;
        with_claims(&rest, idp.issuer(), &mary).await?.expect(503, OUTAGE).context(what)?;
        admin.delete(&format!("/v1/server/{SERVER}")).await?.ok()?;
    }
    let outages = events(&admin, "Auth.Server.Unreachable").await?;
    assert_eq!(outages.len(), 1, "{outages:?}");
    assert_eq!(events(&admin, "User.Login.Failed").await?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn groups_that_a_provider_withholds_are_not_missed_silently() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let rest = primary.rest()?;
    // As Entra ID has it for members of many groups.
    let many = json!({
        "preferred_username": "mary", "_claim_names": { "groups": "src1" },
        "_claim_sources": { "src1": { "endpoint": "https://graph.example/memberOf" } },
    });
    let told = json!({ "sub": "1", "groups": ["ops"] });
    let untold = json!({ "sub": "1" });
    for (info, default_role, expected, recorded) in [
        (&told, "ciops", Some("reader"), 0),
        (&untold, "ciops", Some("ciops"), 1),
        (&untold, "", None, 2),
    ] {
        let config = json!({
            "userinfo": { "status": 200, "body": info }, "metadata": { "msgraph_host": "graph" },
        });
        let idp = Idp::hostile(config).await?;
        let mut settings = idp.settings();
        settings["group_mapped_roles"] = json!([{ "group": "ops", "global_role": "reader" }]);
        settings["default_role"] = json!(default_role);
        add(&admin, SERVER, settings).await?;
        let test = json!({ "test": { "name": SERVER } });
        let result = admin.post("/v1/debug/server/test", &test).await?.ok()?;
        ensure!(result["result"]["notes"][0].to_string().contains("200"), "{result}");
        assert_eq!(result["result"]["note_codes"], json!(["groups_left_out"]));
        let answer = with_claims(&rest, idp.issuer(), &many).await?;
        match expected {
            Some(role) => assert_eq!(answer.ok()?["token"]["role"], role),
            None => answer.expect(401, 3)?,
        }
        let told = events(&admin, "User.Login.Groups.Withheld").await?;
        assert_eq!(told.len(), recorded, "{told:?}");
        admin.delete(&format!("/v1/server/{SERVER}")).await?.ok()?;
    }
    Ok(())
}

#[tokio::test]
async fn logins_at_a_provider_that_says_nothing_do_not_wait_for_each_other() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let rest = primary.rest()?;
    // It takes connections, and that is all.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let issuer = format!("https://{}", silent.local_addr()?);
    let settings = json!({ "issuer": issuer, "client_id": CLIENT, "enable": true });
    add(&admin, SERVER, settings).await?;
    let body = json!({ "redirect_endpoint": palisade_tests::idp::RETURN });
    let path = format!("/v1/token_auth_server/{SERVER}");
    let began = Instant::now();
    let many = futures_util::future::try_join_all((0..20).map(|_| rest.post(&path, &body))).await?;
    for answer in many {
        answer.expect(503, OUTAGE)?;
    }
    // One after the other they would take a minute and a half.
    ensure!(began.elapsed() < Duration::from_secs(45), "{:?}", began.elapsed());
    Ok(())
}
