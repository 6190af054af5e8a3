//! Logging in.

use anyhow::{Context as _, Result, ensure};
use palisade_tests::idp::parameter;
use palisade_tests::saml::{ENDPOINT, RsaPair, SamlIdp, visit};
use serde_json::{Value, json};

use super::{SERVER, Stage};

#[tokio::test]
async fn a_user_of_a_provider_has_the_roles_of_its_first_mapped_group() -> Result<()> {
    let groups = json!([
        { "group": "Auditors", "global_role": "fedAdmin" },
        { "group": "ops", "global_role": "reader", "role_domains": { "admin": ["team-*"] } },
        { "group": "auditors", "global_role": "ciops" },
    ]);
    let stage = Stage::set(json!({ "group_mapped_roles": groups, "default_role": "" })).await?;
    let listed = stage.rest()?.get("/v1/token_auth_server").await?.ok()?;
    assert_eq!(listed["servers"], json!([{ "server_name": SERVER, "server_type": "saml" }]));
    let answer = stage.sign_in("mary", json!({})).await?.ok()?;
    let token = &answer["token"];
    assert_eq!(token["fullname"], "saml1:mary");
    assert_eq!(token["server"], SERVER);
    assert_eq!(token["email"], "mary@example.org");
    assert_eq!(token["role"], "reader");
    assert_eq!(token["role_domains"], json!({ "admin": ["team-*"] }));
    stage.rest()?.with_token(token["token"].as_str()).get("/v1/selfuser").await?.ok()?;

    // Who is in no mapped group gets the default role, and without one nothing.
    let refused = stage.sign_in("joe", json!({})).await?;
    ensure!(refused.text.contains("\"reason\":\"no_role\""), "{}", refused.text);
    refused.expect(401, 3)?;
    stage.change(json!({ "default_role": "ciops" })).await?.ok()?;
    let joe = stage.sign_in("joe", json!({})).await?.ok()?;
    assert_eq!(joe["token"]["fullname"], "saml1:joe@example.org");
    assert_eq!(joe["token"]["role"], "ciops");
    // A provider that was told nothing of our names has its own.
    let uma = stage.sign_in("uma", json!({})).await?.ok()?;
    assert_eq!(uma["token"]["fullname"], "saml1:uma");
    assert_eq!(uma["token"]["email"], "uma@example.org");
    // Another attribute may hold the groups.
    let mapped = json!([{ "group": "blue", "global_role": "fedReader" }]);
    stage.change(json!({ "group_claim": "Teams", "group_mapped_roles": mapped })).await?.ok()?;
    assert_eq!(stage.sign_in("mary", json!({})).await?.ok()?["token"]["role"], "fedReader");
    // Somebody else by the same name is somebody else, also who does not tell; who has
    // no lasting name, but is called somehow, is nobody.
    stage.sign_in("twin", json!({})).await?.expect(401, 3)?;
    stage.sign_in("masked", json!({})).await?.expect(401, 3)?;
    stage.sign_in("nobody", json!({})).await?.expect(401, 3)?;
    // With the provider go its users.
    stage.admin.delete(&format!("/v1/server/{SERVER}")).await?.ok()?;
    stage.admin.get("/v1/user/saml1:mary").await?.expect(404, 7)?;
    Ok(())
}

#[tokio::test]
async fn somebody_in_thousands_of_groups_logs_in() -> Result<()> {
    let name = |n| format!("CN=group-{n},OU=groups,DC=corp,DC=example,DC=org");
    let groups: Vec<_> = (0..3_000).map(name).collect();
    let accounts = json!({ "mary": {
        "name_id": "mary", "attributes": { "NVRoleGroup": groups },
    } });
    let mapped = json!([{ "group": groups.last(), "global_role": "ciops" }]);
    let idp = SamlIdp::start(accounts).await?;
    let stage = Stage::set_with(idp, json!({ "group_mapped_roles": mapped })).await?;
    let posted = stage.posted("mary", json!({})).await?;
    ensure!(posted.xml()?.len() > 256 * 1_024, "the response is short");
    let answer = stage.finish(&posted.with_xml(&format!("\u{feff}{}", posted.xml()?))).await?;
    assert_eq!(answer.ok()?["token"]["role"], "ciops");
    Ok(())
}

#[tokio::test]
async fn whatever_the_provider_signs_or_encrypts_is_read() -> Result<()> {
    let own = RsaPair::make("palisade")?;
    let stage = Stage::set(json!({})).await?;
    let metadata = |stage: &Stage| {
        let rest = stage.primary.rest();
        async move {
            let path = format!("/v1/token_auth_server/{SERVER}/metadata");
            let answer = rest?.get(&path).await?;
            ensure!(answer.status.is_success(), "{}", answer.text);
            anyhow::Ok(answer.text)
        }
    };
    for sign in ["assertion", "response", "both"] {
        stage.sign_in("mary", json!({ "sign": sign })).await?.ok().context(sign)?;
    }
    let gcm = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
    let cbc = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";
    stage.change(json!({ "signing_cert": own.certificate, "signing_key": own.key })).await?.ok()?;
    // The provider learns our certificate from our metadata, under the name
    // that the portal has there.
    let described = metadata(&stage).await?;
    ensure!(!described.contains("SingleLogoutService"), "{described}");
    // It is told what to encrypt by.
    ensure!(
        described.contains(&format!("<md:EncryptionMethod Algorithm=\"{gcm}\"/>")),
        "{described}"
    );
    let (_, name) = described.split_once("entityID=\"").context("no entityID")?;
    let name = name.split('"').next().context("no end")?.to_owned();
    stage.idp.register(described).await?;
    let page = stage.primary.rest()?;
    for (encrypt, sign) in [(gcm, "assertion"), (gcm, "both"), (cbc, "both"), (cbc, "response")] {
        let url = stage.begin(&page, &name).await?;
        let twist = json!({ "encrypt": encrypt, "sign": sign });
        let posted = visit(&url, "mary", twist).await?;
        ensure!(!posted.xml()?.contains("mary"), "not encrypted");
        stage.finish(&posted).await?.ok().with_context(|| format!("{encrypt} {sign}"))?;
    }
    // Nobody vouches for the ciphertext, and CBC does not prove itself.
    let url = stage.begin(&page, &name).await?;
    let posted = visit(&url, "mary", json!({ "encrypt": cbc, "sign": "assertion" })).await?;
    stage.finish(&posted).await?.expect(401, 3)?;
    // Signed requests: the provider looks at the signature.
    stage.change(json!({ "authn_signing_enabled": true })).await?.ok()?;
    stage.idp.register(metadata(&stage).await?).await?;
    let url = stage.begin(&page, &name).await?;
    stage.finish(&visit(&url, "mary", json!({})).await?).await?.ok()?;
    let forged = url.replace("RelayState=_", "RelayState=_x");
    ensure!(visit(&forged, "mary", json!({})).await.is_err(), "the provider takes anything");
    // The key is nowhere to be read, and must be that of the certificate.
    let shown = stage.admin.get(&format!("/v1/server/{SERVER}")).await?.text;
    ensure!(!shown.contains("PRIVATE"), "{shown}");
    let wrong = json!({ "signing_cert": stage.idp.other.certificate });
    stage.change(wrong).await?.expect(400, 6)?;
    Ok(())
}

#[tokio::test]
async fn a_session_ends_with_that_at_the_provider() -> Result<()> {
    let stage = Stage::set(json!({})).await?;
    let index = "SessionIndex=";
    for (minutes, most) in [(None, 6 * 60), (Some(30), 32), (Some(24 * 60), 6 * 60)] {
        let end = minutes.map(|minutes| chrono::Utc::now() + chrono::TimeDelta::minutes(minutes));
        let ends = end.map(|end| format!("SessionNotOnOrAfter=\"{}\" ", end.to_rfc3339()));
        let ending = json!({ "template": [[index, ends.unwrap_or_default() + index]] });
        let token = stage.sign_in("mary", ending).await?.ok()?;
        let mary = stage.rest()?.with_token(token["token"]["token"].as_str());
        let sessions = mary.get("/v1/user/saml1:mary/session").await?.ok()?;
        let own = sessions["sessions"]
            .as_array()
            .and_then(|all| all.iter().find(|one| one["current"] == true));
        let own = own.context("no session")?;
        let moment = |name: &str| own[name].as_i64().context("no moment");
        let life = (moment("ends_timestamp")? - moment("created_timestamp")? + 30) / 60;
        assert_eq!(life, most, "{minutes:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_login_of_the_portal_goes_by_our_own_address_and_ends_in_its_browser() -> Result<()> {
    let stage = Stage::set(json!({})).await?;
    let page = stage.rest()?.with_header("X-Auth-Cookie", "true")?;
    let endpoint = format!("https://127.0.0.1:8443/v1/token_auth_server/{SERVER}/acs");
    let acs = format!("/v1/token_auth_server/{SERVER}/acs");
    let body = json!({ "redirect_endpoint": endpoint });
    let begun = page.post(&format!("/v1/token_auth_server/{SERVER}"), &body).await?;
    let cookie = begun.headers.get("set-cookie").context("no cookie")?.to_str()?.to_owned();
    let held = cookie.split(';').next().context("a pair")?.to_owned();
    let url = begun.ok()?["redirect"]["redirect_url"].as_str().context("no address")?.to_owned();
    let posted = visit(&url, "mary", json!({})).await?;
    assert_eq!(posted.relay_state, parameter(&url, "RelayState")?);
    // The browser posts without any cookie of ours: they are SameSite.
    let on = stage.rest()?.send(reqwest::Method::POST, &acs, Some(posted.form())).await?;
    assert_eq!(on.status, 303);
    let to = on.headers.get("location").context("no location")?.to_str()?;
    ensure!(to.starts_with("/sign-in?code="), "{to}");
    let code = parameter(&format!("https://p{to}"), "code")?;
    let token = |code: &str| json!({ "Token": { "token": code, "state": "saml", "redirect_endpoint": endpoint } });
    let path = format!("/v1/auth/{SERVER}");
    // Whoever sends a victim such a code does not log it in as somebody else,
    // and has spent it.
    page.post(&path, &token(&code)).await?.expect(401, 3)?;
    page.with_header("Cookie", &held)?.post(&path, &token(&code)).await?.expect(401, 3)?;

    let begun = page.post(&format!("/v1/token_auth_server/{SERVER}"), &body).await?;
    let cookie = begun.headers.get("set-cookie").context("no cookie")?.to_str()?.to_owned();
    let held = cookie.split(';').next().context("a pair")?.to_owned();
    let url = begun.ok()?["redirect"]["redirect_url"].as_str().context("no address")?.to_owned();
    let posted = visit(&url, "mary", json!({})).await?;
    let on = stage.rest()?.send(reqwest::Method::POST, &acs, Some(posted.form())).await?;
    let to = on.headers.get("location").context("no location")?.to_str()?;
    let code = parameter(&format!("https://p{to}"), "code")?;
    let answer = page.with_header("Cookie", &held)?.post(&path, &token(&code)).await?;
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2);
    assert_eq!(answer.ok()?["token"]["fullname"], "saml1:mary");

    // What is refused brings the browser to a page that says so.
    let again = stage.rest()?.send(reqwest::Method::POST, &acs, Some(posted.form())).await?;
    assert_eq!(again.headers.get("location").context("no location")?, "/sign-in?refused=true");
    Ok(())
}

#[tokio::test]
async fn metadata_of_the_provider_sets_it_up() -> Result<()> {
    let stage = Stage::set(json!({})).await?;
    let saml = json!({
        "idp_metadata": stage.idp.metadata().await?, "enable": true, "default_role": "reader",
    });
    let config = json!({ "config": { "name": "other", "saml": saml } });
    stage.admin.post("/v1/server", &config).await?.ok()?;
    let shown = stage.admin.get("/v1/server/other").await?.ok()?["server"]["saml"].clone();
    assert_eq!(shown["issuer"], format!("{}/metadata", stage.idp.address()));
    assert_eq!(shown["sso_url"], format!("{}/sso", stage.idp.address()));
    assert_eq!(shown["slo_url"], format!("{}/slo", stage.idp.address()));
    assert_eq!(shown["x509_certs"][0]["subject_cn"], "provider");
    assert_eq!(shown["x509_certs"][0]["issuer_cn"], "provider");
    for (what, metadata) in [
        ("no metadata", "<a/>".to_owned()),
        ("a document type", format!("<!DOCTYPE a>{}", stage.idp.metadata().await?)),
    ] {
        let config = json!({ "config": { "name": "third", "saml": { "idp_metadata": metadata } } });
        stage.admin.post("/v1/server", &config).await?.expect(400, 6).context(what)?;
    }
    let body = json!({ "redirect_endpoint": ENDPOINT });
    let begun = stage.rest()?.post("/v1/token_auth_server/other", &body).await?.ok()?;
    let url = begun["redirect"]["redirect_url"].as_str().context("no address")?;
    let posted = visit(url, "joe", json!({})).await?;
    let answer = stage.rest()?.post("/v1/auth/other", &posted.body()).await?.ok()?;
    assert_eq!(answer["token"]["fullname"], "other:joe@example.org");
    Ok(())
}

#[tokio::test]
async fn settings_that_make_no_provider_are_refused() -> Result<()> {
    let stage = Stage::set(json!({})).await?;
    let cases: [(&str, Value); 8] = [
        ("no certificate", json!({ "x509_cert": "" })),
        ("nonsense for a certificate", json!({ "x509_cert": "MIIB" })),
        ("nonsense beside it", json!({ "x509_cert_extra": ["nonsense"] })),
        ("no issuer", json!({ "issuer": "" })),
        ("an address in the clear", json!({ "sso_url": "http://idp.example/" })),
        ("signed requests without a key", json!({ "authn_signing_enabled": true })),
        ("single logout without an address", json!({ "slo_enabled": true })),
        ("a role that nobody has", json!({ "default_role": "fedAdmin" })),
    ];
    for (what, change) in cases {
        stage.change(change).await?.expect(400, 6).context(what)?;
    }
    // Another kind of directory is another directory.
    let config = json!({ "config": { "name": SERVER, "oidc": { "enable": false } } });
    stage.admin.patch(&format!("/v1/server/{SERVER}"), &config).await?.expect(400, 6)?;
    Ok(())
}
