//! Providers that take messages by HTTP-POST alone.

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use palisade_tests::saml::{Form, RsaPair, SamlIdp};
use serde_json::{Value, json};

use super::{SERVER, Stage, people};

/// A stage that the provider's metadata set up, each side knowing the other's
/// key, and our name there.
async fn stage() -> Result<(Stage, String)> {
    let idp = SamlIdp::by(people(), "post").await?;
    let own = RsaPair::make("palisade")?;
    let more = json!({
        "idp_metadata": idp.metadata().await?, "signing_cert": own.certificate,
        "signing_key": own.key, "authn_signing_enabled": true, "slo_enabled": true,
    });
    let set_by_metadata =
        ["issuer", "sso_url", "x509_cert"].map(|key| (key.to_owned(), Value::Null));
    let mut settings = more;
    settings.as_object_mut().context("no object")?.extend(set_by_metadata);
    let stage = Stage::set_with(idp, settings).await?;
    let (metadata, name) = stage.introduce().await?;
    ensure!(metadata.contains("AuthnRequestsSigned=\"true\""), "{metadata}");
    Ok((stage, name))
}

#[tokio::test]
async fn our_messages_are_posted_and_signed_within() -> Result<()> {
    let (stage, name) = stage().await?;
    let shown = stage.admin.get(&format!("/v1/server/{SERVER}")).await?.ok()?;
    assert_eq!(shown["server"]["saml"]["sso_binding"], "post");
    assert_eq!(shown["server"]["saml"]["slo_binding"], "post");
    let mary = stage.signed_in(&name).await?;

    // What somebody changed on the way is refused there.
    let mut form = Form::at(&stage.begin(&stage.rest()?, &name).await?).await?;
    ensure!(form.action.as_str() == format!("{}/sso", stage.idp.address()), "{}", form.action);
    form.action.set_query(Some("login_hint=mary"));
    for (field, value) in &mut form.fields {
        if field == "SAMLRequest" {
            let xml = String::from_utf8(STANDARD.decode(value.as_bytes())?)?;
            *value = STANDARD.encode(xml.replace("AllowCreate=\"true\"", "AllowCreate=\"false\""));
        }
    }
    let (status, text) = form.post().await?;
    ensure!(status.is_client_error(), "the provider takes anything: {text}");

    // Logging out there, when it begins here, and when it begins there.
    let path = format!("/v1/token_auth_server/{SERVER}/slo");
    let answer = mary.get(&path).await?.ok()?;
    let url = answer["redirect"]["redirect_url"].as_str().context("no address")?;
    let (status, text) = Form::at(url).await?.post().await?;
    ensure!(status.is_success() && text.contains("LogoutRequest"), "{text}");
    let whom = ("mary@example.org", "session-of-mary@example.org");
    let made = stage.idp.logout_request(&name, "post", whom, json!({})).await?;
    let request = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("SAMLRequest", made["context"].as_str().context("no context")?)
        .finish();
    let path = format!("/v1/token_auth_server/{SERVER}/sls");
    let answer = stage.rest()?.send(http::Method::POST, &path, Some(request)).await?;
    let to = answer.headers.get("location").context("no location")?.to_str()?;
    mary.get("/v1/selfuser").await?.expect(401, 3)?;
    let (status, text) = Form::at(to).await?.post().await?;
    ensure!(status.is_success() && text.contains("status:Success"), "{text}");
    Ok(())
}

#[tokio::test]
async fn the_page_that_posts_does_that_alone_and_to_the_provider() -> Result<()> {
    let (stage, _) = stage().await?;
    let path = format!("/v1/token_auth_server/{SERVER}/post");
    let hostile =
        "service=login&SAMLRequest=x&RelayState=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let page = stage.rest()?.get(&format!("{path}?{hostile}")).await?;
    let policy = page.headers.get("content-security-policy").context("no policy")?.to_str()?;
    for rule in ["default-src 'none'", "script-src 'sha256-", "frame-ancestors 'none'"] {
        ensure!(policy.contains(rule), "{rule}: {policy}");
    }
    ensure!(!policy.contains("unsafe"), "{policy}");
    ensure!(page.text.matches("<script>").count() == 1, "{}", page.text);
    stage.rest()?.get(&format!("{path}?service=else")).await?.expect(400, 6)?;
    stage.change(json!({ "sso_binding": "redirect" })).await?.ok()?;
    stage.rest()?.get(&format!("{path}?service=login")).await?.expect(400, 6)?;
    stage.change(json!({ "sso_binding": "pigeon" })).await?.expect(400, 6)?;
    Ok(())
}
