//! The session as a cookie.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::rest::Rest;
use palisade_tests::{ADMIN_PASSWORD, Agent, Primary};
use serde_json::json;

const ASKED: (&str, &str) = ("X-Auth-Cookie", "true");

/// Logs in as a browser does; gives the pair that the browser keeps.
async fn sign_in(rest: &Rest) -> Result<String> {
    let login = json!({ "password": { "username": "admin", "password": ADMIN_PASSWORD } });
    let answer = rest.with_header(ASKED.0, ASKED.1)?.post("/v1/auth", &login).await?;
    let set = answer.headers.get("set-cookie").context("no cookie")?.to_str()?.to_owned();
    for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
        ensure!(set.contains(part), "{part} is missing");
    }
    ensure!(!set.contains("Domain"), "the cookie goes to other hosts");
    let body = answer.ok()?;
    assert_eq!(body["token"]["token"], "", "the script gets the token too");
    assert_eq!(body["token"]["username"], "admin");
    let pair = set.split(';').next().context("a pair")?;
    ensure!(pair.starts_with("__Host-palisade-session="), "another name");
    Ok(pair.to_owned())
}

#[tokio::test]
async fn a_cookie_counts_only_on_requests_of_the_own_page() -> Result<()> {
    let primary = Primary::start().await?;
    let rest = Rest::new(&format!("https://{}", primary.addresses()?.portal))?;
    let browser = rest.with_header("Cookie", &sign_in(&rest).await?)?;
    let page = browser.with_header(ASKED.0, ASKED.1)?;
    page.get("/v1/selfuser").await?.ok()?;
    let origin = format!("https://{}", primary.addresses()?.portal);
    let exact =
        page.with_header("Origin", &origin)?.with_header("Sec-Fetch-Site", "same-origin")?;
    exact.patch("/v1/auth", &json!({})).await?.ok()?;

    // What a foreign page can bring about: no own header, or an own origin.
    browser.get("/v1/selfuser").await?.expect(401, 3)?;
    for (name, value) in [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        page.with_header(name, value)?.post("/v1/user", &json!({})).await?.expect(401, 3)?;
    }
    let preflight = browser.send(reqwest::Method::OPTIONS, "/v1/user", None).await?;
    ensure!(!preflight.headers.contains_key("access-control-allow-origin"), "CORS is open");

    let out = page.delete("/v1/auth").await?;
    let cleared = out.headers.get("set-cookie").context("the cookie stays")?.to_str()?.to_owned();
    ensure!(cleared.contains("Max-Age=0"), "{cleared}");
    out.ok()?;
    page.get("/v1/selfuser").await?.expect(401, 3)?;
    Ok(())
}

#[tokio::test]
async fn a_login_without_the_header_sets_no_cookie() -> Result<()> {
    let primary = Primary::start().await?;
    let login = json!({ "password": { "username": "admin", "password": ADMIN_PASSWORD } });
    let answer = primary.rest()?.post("/v1/auth", &login).await?;
    ensure!(!answer.headers.contains_key("set-cookie"), "a cookie that nobody asked for");
    ensure!(answer.ok()?["token"]["token"].as_str().is_some_and(|token| !token.is_empty()));
    Ok(())
}

#[tokio::test]
async fn what_is_shown_of_an_answer_of_the_api_does_nothing() -> Result<()> {
    let primary = Primary::start().await?;
    let agent = Agent::without_token("alone").start().await?;
    let of_agent = Rest::new(&format!("https://{}", agent.addresses()?.rest))?;
    let own = ["/v1/eula", "/v1/user", "/v1/absent"].map(|path| (of_agent.clone(), path));
    let rest = primary.rest()?;
    let asked = ["/v1/eula", "/v1/user", "/v1/absent", "/openapi.json"];
    let mut answers = Vec::new();
    for (rest, path) in asked.map(|path| (rest.clone(), path)).into_iter().chain(own) {
        answers.push((path, rest.get(path).await?.headers));
    }
    // Even of one that is refused before anything is looked at.
    let http = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).http1_only();
    let url = format!("https://{}/v1/eula", primary.addresses()?.rest);
    let of_two_hosts = http.build()?.get(url).header("Host", "a").header("Host", "b");
    let refused = of_two_hosts.send().await?;
    assert_eq!(refused.status(), 400);
    answers.push(("of two hosts", refused.headers().clone()));
    for (path, headers) in answers {
        for (name, value) in [
            ("strict-transport-security", "max-age=31536000"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-cache"),
        ] {
            let found = headers.get(name).and_then(|found| found.to_str().ok());
            assert_eq!(found, Some(value), "{path}: {name}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_portal_forbids_everything_foreign() -> Result<()> {
    let primary = Primary::start().await?;
    let answer = Rest::new(&format!("https://{}", primary.addresses()?.portal))?.get("/").await?;
    let header = |name: &str| {
        answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    };
    let policy = header("content-security-policy");
    for rule in
        ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
    {
        ensure!(policy.contains(rule), "{rule}: {policy}");
    }
    ensure!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(header("strict-transport-security"), "max-age=31536000");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("x-frame-options"), "DENY");
    assert_eq!(header("referrer-policy"), "no-referrer");
    Ok(())
}
