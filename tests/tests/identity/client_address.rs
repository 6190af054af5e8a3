//! From where somebody calls, where proxies are in between.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::{ADMIN_PASSWORD, Primary};
use serde_json::json;

const FORWARDED_FOR: &str = "X-Forwarded-For";

/// The address of a session that begins with that header.
async fn address_of_session(primary: &Primary, forwarded: &str) -> Result<String> {
    let mut caller = primary.rest()?.with_header(FORWARDED_FOR, forwarded)?;
    caller.login("admin", ADMIN_PASSWORD).await?;
    let listed = caller.get("/v1/user/admin/session").await?.ok()?;
    let mut sessions = listed["sessions"].as_array().context("no sessions")?.iter();
    let own = sessions.find(|session| session["current"] == true).context("no session")?;
    Ok(own["address"].as_str().context("no address")?.to_owned())
}

#[tokio::test]
async fn a_proxy_tells_who_calls_only_where_it_is_trusted() -> Result<()> {
    let primary = Primary::start().await?;
    assert_eq!(address_of_session(&primary, "203.0.113.9").await?, "127.0.0.1");
    let networks = "127.0.0.0/8,198.51.100.7";
    let behind = Primary::builder().arg("--trusted-proxies").arg(networks).start().await?;
    for (forwarded, expected) in [
        ("203.0.113.9", "203.0.113.9"),
        ("10.0.0.1, 203.0.113.9, 198.51.100.7", "203.0.113.9"),
        ("2001:db8::9", "2001:db8::9"),
        ("nonsense", "127.0.0.1"),
    ] {
        assert_eq!(address_of_session(&behind, forwarded).await?, expected, "{forwarded}");
    }
    // Who guesses passwords behind the proxy keeps nobody else from logging in.
    let guessing = behind.rest()?.with_header(FORWARDED_FOR, "203.0.113.66")?;
    let mut damped = false;
    for guess in 0..60 {
        let login = json!({ "username": format!("user-{guess}"), "password": "guess" });
        let answer = guessing.post("/v1/auth", &json!({ "password": login })).await?;
        ensure!(answer.status == 401, "{}", answer.text);
        damped |= answer.code() == Some(47);
    }
    ensure!(damped, "nobody stops who guesses");
    address_of_session(&behind, "203.0.113.9").await?;
    Ok(())
}
