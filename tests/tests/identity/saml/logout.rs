//! Logging out here and there.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::rest::Answer;
use palisade_tests::saml::{RsaPair, visit};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::{SERVER, Stage};

/// A stage where each side knows the other, and our name there.
async fn acquainted() -> Result<(Stage, String)> {
    let own = RsaPair::make("palisade")?;
    let stage = Stage::set(json!({
        "signing_cert": own.certificate, "signing_key": own.key,
    }))
    .await?;
    let slo = json!({ "slo_enabled": true, "slo_url": format!("{}/slo", stage.idp.address()) });
    stage.change(slo).await?.ok()?;
    let (_, name) = stage.introduce().await?;
    Ok((stage, name))
}

#[tokio::test]
async fn who_logs_out_here_is_sent_to_log_out_there() -> Result<()> {
    let (stage, name) = acquainted().await?;
    let mary = stage.signed_in(&name).await?;
    let path = format!("/v1/token_auth_server/{SERVER}/slo");
    let answer = mary.get(&path).await?.ok()?;
    assert_eq!(answer["redirect"]["server_type"], "saml");
    let url = answer["redirect"]["redirect_url"].as_str().context("no address")?.to_owned();
    // The provider verifies the signature by our metadata.
    let http = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build()?;
    let seen = http.get(&url).send().await?;
    let (status, text) = (seen.status(), seen.text().await?);
    ensure!(status.is_success(), "{text}");
    let seen: Value = serde_json::from_str(&text)?;
    let xml = seen["xml"].as_str().context("no xml")?;
    assert_eq!(seen["issuer"], name);
    ensure!(xml.contains(">mary@example.org</saml:NameID>"), "{xml}");
    ensure!(xml.contains(">session-of-mary@example.org</samlp:SessionIndex>"), "{xml}");
    let forged = url.replace("SAMLRequest=", "SAMLRequest=A");
    ensure!(!http.get(forged).send().await?.status().is_success(), "the provider takes anything");
    // Clients may be known by another name there.
    let body = json!({ "redirect_endpoint": "https://a/out", "issuer": "https://a/in" });
    let answer = mary.send(Method::GET, &path, Some(body.to_string())).await?.ok()?;
    ensure!(answer["redirect"]["redirect_url"].is_string(), "{answer}");
    // A session of another provider, or of none, ends here alone; and all do where nobody
    // is to be asked.
    let nowhere = json!({ "redirect": null });
    assert_eq!(stage.admin.get(&path).await?.ok()?, nowhere);
    stage.change(json!({ "slo_enabled": false })).await?.ok()?;
    assert_eq!(mary.get(&path).await?.ok()?, nowhere);
    stage.admin.get("/v1/token_auth_server/other/slo").await?.expect(400, 6)?;
    Ok(())
}

/// Brings a request of the provider to us, as a browser does.
async fn bring(stage: &Stage, binding: &str, made: &Value) -> Result<Answer> {
    let context = made["context"].as_str().context("no context")?;
    let path = format!("/v1/token_auth_server/{SERVER}/sls");
    if binding == "post" {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("SAMLRequest", context)
            .append_pair("RelayState", "there")
            .finish();
        return stage.rest()?.send(Method::POST, &path, Some(form)).await;
    }
    let url: Url = context.parse()?;
    stage.rest()?.get(&format!("{path}?{}", url.query().unwrap_or_default())).await
}

#[tokio::test]
async fn who_logs_out_there_is_logged_out_here() -> Result<()> {
    let (stage, name) = acquainted().await?;
    for binding in ["redirect", "post"] {
        let mary = stage.signed_in(&name).await?;
        let whom = ("mary@example.org", "session-of-mary@example.org");
        let ask = async |whom, twist| stage.idp.logout_request(&name, binding, whom, twist).await;
        // Neither unsigned, nor with another key, nor about somebody else.
        for twist in [json!({ "sign": "none" }), json!({ "key": "other" })] {
            let made = ask(whom, twist).await?;
            bring(&stage, binding, &made).await?.expect(401, 3).context(binding)?;
        }
        let made = ask(("joe", "session-of-joe"), json!({})).await?;
        assert_eq!(bring(&stage, binding, &made).await?.status, 303);
        mary.get("/v1/selfuser").await?.ok().context(binding)?;

        let made = ask(whom, json!({})).await?;
        let answer = bring(&stage, binding, &made).await?;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let to = answer.headers.get("location").context("no location")?.to_str()?;
        ensure!(to.starts_with(&format!("{}/slo?SAMLResponse=", stage.idp.address())), "{to}");
        mary.get("/v1/selfuser").await?.expect(401, 3).context(binding)?;
        // The provider verifies the answer.
        let http = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build()?;
        let seen = http.get(to).send().await?;
        let (status, text) = (seen.status(), seen.text().await?);
        ensure!(status.is_success(), "{text}");
        ensure!(text.contains("status:Success"), "{text}");
        // The same request again is refused.
        bring(&stage, binding, &made).await?.expect(401, 3).context(binding)?;
    }
    let listed = stage.admin.get("/v1/log/event?f_name=User.Logout").await?.ok()?;
    let told = listed["events"].as_array().context("no events")?;
    ensure!(told.len() == 2, "{told:?}");
    ensure!(told[0]["message"].to_string().contains(&format!("{SERVER} logged ")), "{told:?}");
    Ok(())
}

/// Between the provider's answer and the session the page fetches it.
#[tokio::test]
async fn who_logs_out_there_before_the_session_began_here_gets_none() -> Result<()> {
    let (stage, name) = acquainted().await?;
    let whom = ("mary@example.org", "session-of-mary@example.org");
    let joe = ("joe", "session-of-joe");
    for (whom, begins) in [(whom, false), (joe, true)] {
        let posted = visit(&stage.begin(&stage.rest()?, &name).await?, "mary", json!({})).await?;
        let path = format!("/v1/token_auth_server/{SERVER}/acs");
        let answer = stage.rest()?.send(Method::POST, &path, Some(posted.form())).await?;
        let to = answer.headers.get("location").context("no location")?.to_str()?;
        let url = Url::parse("https://primary")?.join(to)?;
        let code = url.query_pairs().find(|(key, _)| key == "code").context("no code")?.1;
        let made = stage.idp.logout_request(&name, "redirect", whom, json!({})).await?;
        assert_eq!(bring(&stage, "redirect", &made).await?.status, 303);
        let body =
            json!({ "Token": { "token": code, "state": "saml", "redirect_endpoint": name } });
        let answer = stage.rest()?.post(&format!("/v1/auth/{SERVER}"), &body).await?;
        if begins {
            answer.ok()?;
        } else {
            answer.expect(401, 3)?;
            ensure!(answer.text.contains("ended meanwhile"), "{}", answer.text);
        }
    }
    Ok(())
}
