//! Providers of OpenID Connect that take requests past the browser alone (RFC 9126).

use anyhow::{Result, ensure};
use palisade_tests::Primary;
use palisade_tests::idp::{Idp, RETURN};
use serde_json::json;

use crate::oidc::{OUTAGE, add, begin, sign_in};

const SERVER: &str = "openId1";

#[tokio::test]
async fn a_request_goes_past_the_browser_where_a_provider_takes_no_other() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let rest = primary.rest()?;
    let mary = json!({ "mary": { "preferred_username": "mary" } });
    let idp = Idp::with_pushed_requests(mary).await?;
    let mut settings = idp.settings();
    settings["default_role"] = json!("reader");
    add(&admin, SERVER, settings.clone()).await?;
    let url = begin(&rest, SERVER).await?;
    ensure!(url.contains("request_uri=") && !url.contains("code_challenge"), "{url}");
    let signed_in = sign_in(&rest, SERVER, "mary").await?.ok()?;
    assert_eq!(signed_in["token"]["fullname"], "openId1:mary");
    // It takes none from whoever has not the secret.
    settings["client_secret"] = json!("another-secret");
    let change = json!({ "config": { "name": SERVER, "oidc": settings } });
    admin.patch(&format!("/v1/server/{SERVER}"), &change).await?.ok()?;
    ensure!(begin(&rest, SERVER).await.is_err(), "pushed with a wrong secret");
    Ok(())
}

#[tokio::test]
async fn who_takes_no_pushed_requests_is_left_alone_for_a_while() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let rest = primary.rest()?;
    // What is wanted of nobody may be anything.
    for nonsense in [json!("no address"), json!(7)] {
        let metadata = json!({ "pushed_authorization_request_endpoint": nonsense });
        let idp = Idp::hostile(json!({ "metadata": metadata })).await?;
        add(&admin, SERVER, idp.settings()).await?;
        begin(&rest, SERVER).await?;
        admin.delete(&format!("/v1/server/{SERVER}")).await?.ok()?;
    }
    let idp = Idp::hostile(json!({ "pushes": true, "down": ["/par"] })).await?;
    add(&admin, SERVER, idp.settings()).await?;
    let path = format!("/v1/token_auth_server/{SERVER}");
    let body = json!({ "redirect_endpoint": RETURN });
    for _ in 0..3 {
        rest.post(&path, &body).await?.expect(503, OUTAGE)?;
    }
    // Once, unless that took long.
    ensure!(idp.asked("/par").await? < 3, "each login asked again");
    Ok(())
}

#[tokio::test]
async fn who_would_return_elsewhere_keeps_nobody_else_out() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let rest = primary.rest()?;
    let idp = Idp::hostile(json!({ "pushes": true, "returns": RETURN })).await?;
    add(&admin, SERVER, idp.settings()).await?;
    let path = format!("/v1/token_auth_server/{SERVER}");
    let elsewhere = json!({ "redirect_endpoint": "https://elsewhere.example/" });
    rest.post(&path, &elsewhere).await?.expect(503, OUTAGE)?;
    let url = begin(&rest, SERVER).await?;
    ensure!(url.contains("request_uri="), "{url}");
    Ok(())
}
