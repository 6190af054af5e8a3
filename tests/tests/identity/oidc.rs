//! Single sign-on by OpenID Connect: against a certified provider, and against
//! one that lies.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::Primary;
use palisade_tests::idp::{CLIENT, CLIENT_SECRET, Idp, RETURN, Returned, lie, parameter, visit};
use palisade_tests::rest::{Answer, Rest};
use serde_json::{Value, json};

const SERVER: &str = "openId1";
/// The code where a provider cannot be used.
pub(crate) const OUTAGE: u64 = 55;

pub(crate) async fn add(admin: &Rest, name: &str, settings: Value) -> Result<()> {
    let config = json!({ "config": { "name": name, "oidc": settings } });
    admin.post("/v1/server", &config).await?.ok()?;
    Ok(())
}

/// Begins a login; gives the address that the browser goes to.
pub(crate) async fn begin(rest: &Rest, server: &str) -> Result<String> {
    let body = json!({ "redirect_endpoint": RETURN });
    let answer = rest.post(&format!("/v1/token_auth_server/{server}"), &body).await?.ok()?;
    assert_eq!(answer["redirect"]["server_type"], "oidc");
    Ok(answer["redirect"]["redirect_url"].as_str().context("no address")?.to_owned())
}

pub(crate) async fn finish(rest: &Rest, server: &str, returned: &Returned) -> Result<Answer> {
    rest.post(&format!("/v1/auth/{server}"), &returned.body()).await
}

/// The whole way, as `login`.
pub(crate) async fn sign_in(rest: &Rest, server: &str, login: &str) -> Result<Answer> {
    let returned = visit(&begin(rest, server).await?, login).await?;
    finish(rest, server, &returned).await
}

pub(crate) fn people() -> Value {
    json!({
        "mary": {
            "name": "Mary Ann", "preferred_username": "mary", "email": "mary@example.org",
            "groups": ["auditors", "ops"],
        },
        "joe": { "name": "Joe", "preferred_username": "joe", "email": "joe@example.org" },
    })
}

#[tokio::test]
async fn a_user_of_a_provider_has_the_roles_of_its_first_mapped_group() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let idp = Idp::certified(people()).await?;
    let mut settings = idp.settings();
    settings["group_mapped_roles"] = json!([
        { "group": "Auditors", "global_role": "fedAdmin" },
        { "group": "ops", "global_role": "reader", "role_domains": { "admin": ["team-*"] } },
        { "group": "auditors", "global_role": "ciops" },
    ]);
    add(&admin, SERVER, settings).await?;
    let rest = primary.rest()?;
    let listed = rest.get("/v1/token_auth_server").await?.ok()?;
    assert_eq!(listed["servers"], json!([{ "server_name": SERVER, "server_type": "oidc" }]));

    let answer = sign_in(&rest, SERVER, "mary").await?.ok()?;
    let token = &answer["token"];
    assert_eq!(token["fullname"], "openId1:mary");
    assert_eq!(token["server"], SERVER);
    assert_eq!(token["email"], "mary@example.org");
    assert_eq!(token["role"], "reader");
    assert_eq!(token["role_domains"], json!({ "admin": ["team-*"] }));
    assert_eq!(answer["password_days_until_expire"], -1);
    let mary = rest.with_token(token["token"].as_str());
    mary.get("/v1/selfuser").await?.ok()?;

    // Logging out over there: the provider is told whom.
    let path = format!("/v1/token_auth_server/{SERVER}/slo?redirect_endpoint={RETURN}");
    let out = mary.get(&path).await?.ok()?;
    let url = out["redirect"]["redirect_url"].as_str().context("no address")?;
    ensure!(url.starts_with(&format!("{}/session/end?", idp.issuer())), "{url}");
    assert_eq!(parameter(url, "post_logout_redirect_uri")?, RETURN);
    assert_eq!(parameter(url, "client_id")?, CLIENT);
    assert_eq!(parameter(url, "id_token_hint")?.split('.').count(), 3);
    assert_eq!(admin.get(&path).await?.ok()?, json!({ "redirect": null }));

    // Who is in no mapped group gets the default role, and without one nothing.
    let refused = sign_in(&rest, SERVER, "joe").await?;
    ensure!(refused.text.contains("\"reason\":\"no_role\""), "{}", refused.text);
    refused.expect(401, 3)?;
    let change = json!({ "config": { "name": SERVER, "oidc": { "default_role": "ciops" } } });
    admin.patch(&format!("/v1/server/{SERVER}"), &change).await?.ok()?;
    assert_eq!(sign_in(&rest, SERVER, "joe").await?.ok()?["token"]["role"], "ciops");

    // Other groups mean other roles, and end what began before.
    let other = json!([{ "group": "auditors", "global_role": "fedReader" }]);
    let change = json!({ "config": { "name": SERVER, "oidc": { "group_mapped_roles": other } } });
    admin.patch(&format!("/v1/server/{SERVER}"), &change).await?.ok()?;
    assert_eq!(sign_in(&rest, SERVER, "mary").await?.ok()?["token"]["role"], "fedReader");
    mary.get("/v1/selfuser").await?.expect(401, 3)?;

    // An administrator's choice stays.
    let path = format!("/v1/user/{SERVER}:mary");
    admin.patch(&path, &json!({ "config": { "role": "reader" } })).await?.ok()?;
    let chosen = sign_in(&rest, SERVER, "mary").await?.ok()?;
    assert_eq!(chosen["token"]["role"], "reader");

    // With the provider go its users.
    let mary = rest.with_token(chosen["token"]["token"].as_str());
    mary.get("/v1/selfuser").await?.ok()?;
    let users = admin.get(&format!("/v1/server/{SERVER}/user")).await?.ok()?;
    assert_eq!(users["users"].as_array().map(Vec::len), Some(2));
    admin.delete(&format!("/v1/server/{SERVER}")).await?.ok()?;
    mary.get("/v1/selfuser").await?.expect(401, 3)?;
    admin.get(&path).await?.expect(404, 7)?;
    Ok(())
}

#[tokio::test]
async fn a_code_a_state_and_an_address_count_once_and_where_they_belong() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let (one, two) = (Idp::certified(people()).await?, Idp::certified(people()).await?);
    for (name, idp) in [("one", &one), ("two", &two)] {
        let mut settings = idp.settings();
        settings["default_role"] = json!("reader");
        add(&admin, name, settings).await?;
    }
    let rest = primary.rest()?;
    let url = begin(&rest, "one").await?;
    for name in ["state", "nonce", "code_challenge"] {
        ensure!(parameter(&url, name)?.len() >= 20, "{name} is short: {url}");
    }
    assert_eq!(parameter(&url, "code_challenge_method")?, "S256");
    assert_eq!(parameter(&url, "response_type")?, "code");

    // Twice.
    let returned = visit(&url, "mary").await?;
    finish(&rest, "one", &returned).await?.ok()?;
    finish(&rest, "one", &returned).await?.expect(401, 3)?;
    // Another state, made up or of another login.
    let returned = visit(&begin(&rest, "one").await?, "mary").await?;
    let made_up = Returned { state: "A".repeat(22), ..returned.clone() };
    finish(&rest, "one", &made_up).await?.expect(401, 3)?;
    let other = parameter(&begin(&rest, "one").await?, "state")?;
    let crossed = Returned { state: other, ..returned };
    finish(&rest, "one", &crossed).await?.expect(401, 3)?;
    // Another provider: the answer of one is shown to two, and the other way.
    let returned = visit(&begin(&rest, "one").await?, "mary").await?;
    finish(&rest, "two", &returned).await?.expect(401, 3)?;
    let returned = visit(&begin(&rest, "one").await?, "mary").await?;
    let mixed = Returned { iss: Some(two.issuer().to_owned()), ..returned };
    finish(&rest, "one", &mixed).await?.expect(401, 3)?;
    // Another address of return.
    let returned = visit(&begin(&rest, "one").await?, "mary").await?;
    let mut body = returned.body();
    body["Token"]["redirect_endpoint"] = json!("https://127.0.0.1:8443/other");
    rest.post("/v1/auth/one", &body).await?.expect(401, 3)?;
    // Some clients write the key in small letters.
    let other = visit(&begin(&rest, "one").await?, "mary").await?;
    let small = json!({ "token": other.body()["Token"] });
    rest.post("/v1/auth/one", &small).await?.ok()?;
    // A state that failed once is gone.
    finish(&rest, "one", &returned).await?.expect(401, 3)?;
    for wrong in ["http://127.0.0.1/", "nonsense", "", "https://a@b/", "https://a/#b"] {
        let body = json!({ "redirect_endpoint": wrong });
        rest.post("/v1/token_auth_server/one", &body).await?.expect(400, 6)?;
    }
    rest.post("/v1/token_auth_server/absent", &json!({ "redirect_endpoint": RETURN }))
        .await?
        .expect(400, 6)?;
    Ok(())
}

#[tokio::test]
async fn who_begins_logins_without_end_pushes_out_their_own() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let idp = Idp::certified(people()).await?;
    let mut settings = idp.settings();
    settings["default_role"] = json!("reader");
    add(&admin, SERVER, settings).await?;
    let rest = primary.rest()?;
    let of_another = begin(&rest, SERVER).await?;
    let flooding = reqwest::Client::builder()
        .tls_danger_accept_invalid_certs(true)
        .local_address(std::net::IpAddr::from([127, 0, 0, 2]))
        .build()?;
    let address = format!("https://{}/v1/token_auth_server/{SERVER}", primary.addresses()?.rest);
    let begun = async || -> Result<String> {
        let body = json!({ "redirect_endpoint": RETURN }).to_string();
        let answer = flooding.post(&address).body(body).send().await?.error_for_status()?;
        let answer: Value = serde_json::from_str(&answer.text().await?)?;
        Ok(answer["redirect"]["redirect_url"].as_str().context("no address")?.to_owned())
    };
    let first = begun().await?;
    for _ in 0..110 {
        futures_util::future::try_join_all((0..10).map(|_| begun())).await?;
    }
    let pushed_out = visit(&first, "mary").await?;
    finish(&rest, SERVER, &pushed_out).await?.expect(401, 3)?;
    let last = visit(&begun().await?, "mary").await?;
    finish(&rest, SERVER, &last).await?.ok()?;
    let undisturbed = visit(&of_another, "mary").await?;
    finish(&rest, SERVER, &undisturbed).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn a_login_of_a_browser_ends_in_that_browser() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let idp = Idp::certified(people()).await?;
    let mut settings = idp.settings();
    settings["default_role"] = json!("reader");
    add(&admin, SERVER, settings).await?;
    let page = primary.rest()?.with_header("X-Auth-Cookie", "true")?;
    let path = format!("/v1/token_auth_server/{SERVER}");
    let begun = page.post(&path, &json!({ "redirect_endpoint": RETURN })).await?;
    let cookie = begun.headers.get("set-cookie").context("no cookie")?.to_str()?.to_owned();
    ensure!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let held = cookie.split(';').next().context("a pair")?.to_owned();
    let url = begun.ok()?["redirect"]["redirect_url"].as_str().context("no address")?.to_owned();
    let returned = visit(&url, "mary").await?;

    // A login that began in no browser ends in none: whoever sends a victim
    // such an answer does not log it in as somebody else.
    let foreign = visit(&begin(&primary.rest()?, SERVER).await?, "joe").await?;
    finish(&page, SERVER, &foreign).await?.expect(401, 3)?;
    let other = page.with_header("Cookie", "__Host-palisade-sso=nonsense")?;
    let stolen = visit(&begin(&other, SERVER).await?, "joe").await?;
    finish(&other, SERVER, &stolen).await?.expect(401, 3)?;
    // Nor does an answer count that hides which provider it is from.
    let answer = finish(&page.with_header("Cookie", &held)?, SERVER, &returned).await?;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 2, "the session comes and the other cookie goes");
    assert_eq!(answer.ok()?["token"]["token"], "");
    Ok(())
}

#[tokio::test]
async fn new_keys_of_the_provider_are_found() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let mut idp = Idp::certified(people()).await?;
    let mut settings = idp.settings();
    settings["default_role"] = json!("reader");
    add(&admin, SERVER, settings).await?;
    let rest = primary.rest()?;
    sign_in(&rest, SERVER, "mary").await?.ok()?;
    idp.rotate_keys().await?;
    sign_in(&rest, SERVER, "mary").await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn no_log_holds_what_a_browser_and_a_provider_bring() -> Result<()> {
    let primary = Primary::builder().arg("--log").arg("trace").start().await?;
    let admin = primary.admin().await?;
    let idp = Idp::certified(people()).await?;
    let mut settings = idp.settings();
    settings["default_role"] = json!("reader");
    add(&admin, SERVER, settings).await?;
    let rest = primary.rest()?;
    let returned = visit(&begin(&rest, SERVER).await?, "mary").await?;
    let answer = finish(&rest, SERVER, &returned).await?.ok()?;
    let token = answer["token"]["token"].as_str().context("no token")?;
    let mary = rest.with_token(Some(token));
    let out = mary.get(&format!("/v1/token_auth_server/{SERVER}/slo")).await?.ok()?;
    let url = out["redirect"]["redirect_url"].as_str().context("no address")?;
    let id_token = parameter(url, "id_token_hint")?;
    let log = primary.process().log();
    for secret in [CLIENT_SECRET, &returned.code, &returned.state, token, &id_token] {
        ensure!(!log.contains(secret), "the log shows a secret");
    }
    Ok(())
}

#[tokio::test]
async fn the_secret_goes_where_the_provider_takes_it() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let idp = Idp::with_secret_in_body(people()).await?;
    let mut settings = idp.settings();
    settings["default_role"] = json!("reader");
    add(&admin, SERVER, settings).await?;
    let answer = sign_in(&primary.rest()?, SERVER, "mary").await?.ok()?;
    assert_eq!(answer["token"]["role"], "reader");
    Ok(())
}

#[tokio::test]
async fn a_provider_that_does_not_answer_keeps_no_local_user_out() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let mut idp = Idp::certified(people()).await?;
    add(&admin, SERVER, idp.settings()).await?;
    idp.stop().await?;
    let body = json!({ "redirect_endpoint": RETURN });
    let path = format!("/v1/token_auth_server/{SERVER}");
    primary.rest()?.post(&path, &body).await?.expect(503, OUTAGE)?;
    primary.admin().await?;
    Ok(())
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let idp = Idp::certified(people()).await?;
    let mut settings = idp.settings();
    settings["ca_cert"] = json!("");
    add(&admin, SERVER, settings).await?;
    let body = json!({ "redirect_endpoint": RETURN });
    let path = format!("/v1/token_auth_server/{SERVER}");
    primary.rest()?.post(&path, &body).await?.expect(503, OUTAGE)?;
    Ok(())
}

#[tokio::test]
async fn tokens_that_prove_nothing_are_refused() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let idp = Idp::hostile(json!({})).await?;
    let mut settings = idp.settings();
    settings["default_role"] = json!("reader");
    add(&admin, SERVER, settings).await?;
    let rest = primary.rest()?;
    let now = chrono::Utc::now().timestamp();
    let attempt = async |change: Value, alg: &str, key: &str| -> Result<Answer> {
        let url = begin(&rest, SERVER).await?;
        let mut claims = json!({
            "iss": idp.issuer(), "aud": CLIENT, "sub": "1", "preferred_username": "mary",
            "nonce": parameter(&url, "nonce")?, "iat": now, "exp": now + 300,
        });
        for (name, value) in change.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        let code = lie(&claims, alg, key);
        let returned = Returned { code, state: parameter(&url, "state")?, iss: None };
        finish(&rest, SERVER, &returned).await
    };
    attempt(json!({}), "RS256", "published").await?.ok()?;
    // The provider's clock may be a little behind.
    attempt(json!({ "exp": now - 30 }), "RS256", "published").await?.ok()?;
    // Not as the standard has it, but as Auth0 and Cognito do.
    let as_text = json!({ "updated_at": "2026-01-02T03:04:05.678Z", "email_verified": "true" });
    attempt(as_text, "RS256", "published").await?.ok()?;
    // A claim that says nothing is none.
    let by_mail = json!({ "preferred_username": " ", "email": "mary@example.org" });
    let mary = attempt(by_mail, "RS256", "published").await?.ok()?;
    assert_eq!(mary["token"]["username"], "mary@example.org");
    // Nor is one that is no address one of somebody.
    for odd in [format!("{}@example.org", "x".repeat(300)), "a@b\0\n".to_owned()] {
        let odd = attempt(json!({ "email": odd }), "RS256", "published").await?.ok()?;
        assert_eq!(odd["token"]["email"], "");
    }
    // Others may see the token too, which was issued to us.
    let shared = json!({ "aud": ["another", CLIENT], "azp": CLIENT });
    attempt(shared, "RS256", "published").await?.ok()?;
    for (what, change) in [
        ("another audience", json!({ "aud": "another" })),
        ("a further audience", json!({ "aud": [CLIENT, "another"] })),
        ("issued to another", json!({ "aud": [CLIENT, "another"], "azp": "another" })),
        ("issued to another alone", json!({ "azp": "another" })),
        ("issued to us for another", json!({ "aud": "another", "azp": CLIENT })),
        ("no audience", json!({ "aud": [] })),
        ("another issuer", json!({ "iss": "https://evil.example" })),
        ("expired", json!({ "exp": now - 90 })),
        ("another nonce", json!({ "nonce": "another" })),
        ("no nonce", json!({ "nonce": Value::Null })),
        (
            "a mail address that anybody may give",
            json!({ "preferred_username": "", "email": "mary@example.org", "email_verified": false }),
        ),
        ("no user name", json!({ "preferred_username": Value::Null })),
        ("a hostile user name", json!({ "preferred_username": "a\nb" })),
        ("a user name of blanks", json!({ "preferred_username": "  " })),
        ("a user name that looks like another", json!({ "preferred_username": "ma\u{200b}ry" })),
        ("one that turns letters around", json!({ "preferred_username": "\u{61c}mary" })),
        ("another person of the same name", json!({ "sub": "2" })),
        ("nobody", json!({ "sub": "", "preferred_username": "joe" })),
    ] {
        attempt(change, "RS256", "published").await?.expect(401, 3).context(what)?;
    }
    for (what, alg, key) in [
        ("an unknown key", "RS256", "unknown"),
        ("no signature", "none", "published"),
        ("the shared secret", "HS256", "published"),
    ] {
        attempt(json!({}), alg, key).await?.expect(401, 3).context(what)?;
    }
    Ok(())
}

#[tokio::test]
async fn no_browser_is_sent_to_a_script_or_in_the_clear() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    for (endpoint, address) in [
        ("authorization_endpoint", "javascript:alert(1)"),
        ("authorization_endpoint", "http://127.0.0.1/auth"),
        ("end_session_endpoint", "data:text/html,out"),
    ] {
        let idp = Idp::hostile(json!({ "metadata": { endpoint: address } })).await?;
        add(&admin, SERVER, idp.settings()).await?;
        let tried = json!({ "test": { "name": SERVER } });
        let tried = admin.post("/v1/debug/server/test", &tried).await?;
        tried.expect(500, 3).context(address)?;
        ensure!(tried.text.contains(endpoint), "{}", tried.text);
        let path = format!("/v1/token_auth_server/{SERVER}");
        let body = json!({ "redirect_endpoint": RETURN });
        primary.rest()?.post(&path, &body).await?.expect(503, OUTAGE)?;
        admin.delete(&format!("/v1/server/{SERVER}")).await?.ok()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_provider_that_names_another_issuer_is_refused() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let idp = Idp::hostile(json!({ "issuer_in_discovery": "https://evil.example" })).await?;
    add(&admin, SERVER, idp.settings()).await?;
    let body = json!({ "redirect_endpoint": RETURN });
    let path = format!("/v1/token_auth_server/{SERVER}");
    primary.rest()?.post(&path, &body).await?.expect(503, OUTAGE)?;
    Ok(())
}
