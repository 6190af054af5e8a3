//! Single sign-on by SAML, against a provider whose signatures and encryption
//! are another library's.

mod hostile;
mod login;
mod logout;
mod post;
mod trial;

use anyhow::{Context as _, Result, ensure};
use palisade_tests::Primary;
use palisade_tests::rest::{Answer, Rest};
use palisade_tests::saml::{ENDPOINT, Posted, SamlIdp, visit};
use serde_json::{Value, json};

pub(crate) const SERVER: &str = "saml1";

/// A primary, its administrator, and a provider that it knows.
pub(crate) struct Stage {
    pub(crate) primary: Primary,
    pub(crate) admin: Rest,
    pub(crate) idp: SamlIdp,
}

pub(crate) fn people() -> Value {
    json!({
        "mary": {
            "name_id": "mary@example.org",
            "attributes": {
                "Username": ["mary"], "Email": ["mary@example.org"],
                "NVRoleGroup": ["auditors", "ops"], "Teams": ["blue"],
            },
        },
        "joe": { "name_id": "joe", "attributes": { "Email": ["joe@example.org"] } },
        "nobody": {
            "name_id": "_4f2c", "format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
            "attributes": {
                "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name": ["joan"],
            },
        },
        "masked": {
            "name_id": "_77aa", "format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
            "attributes": { "uid": ["mary"] },
        },
        "uma": {
            "name_id": "_9c1e", "format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
            "attributes": {
                "urn:oid:0.9.2342.19200300.100.1.1": ["uma"], "mail": ["uma@example.org"],
            },
        },
        "twin": { "name_id": "twin@example.org", "attributes": { "Username": ["mary"] } },
    })
}

impl Stage {
    pub(crate) async fn set(more: Value) -> Result<Self> {
        Self::set_with(SamlIdp::start(people()).await?, more).await
    }

    /// The same with this provider.
    pub(crate) async fn set_with(idp: SamlIdp, more: Value) -> Result<Self> {
        let primary = Primary::start().await?;
        let admin = primary.admin().await?;
        let mut settings = idp.settings();
        for (key, value) in more.as_object().into_iter().flatten() {
            settings[key] = value.clone();
        }
        let config = json!({ "config": { "name": SERVER, "saml": settings } });
        admin.post("/v1/server", &config).await?.ok()?;
        Ok(Self { primary, admin, idp })
    }

    /// Shows our metadata to the provider, which verifies signatures by it; gives
    /// them, and how we call ourselves.
    pub(crate) async fn introduce(&self) -> Result<(String, String)> {
        let path = format!("/v1/token_auth_server/{SERVER}/metadata");
        let metadata = self.rest()?.get(&path).await?.text;
        let (_, name) = metadata.split_once("entityID=\"").context("no entityID")?;
        let name = name.split('"').next().context("no end")?.to_owned();
        self.idp.register(metadata.clone()).await?;
        Ok((metadata, name))
    }

    /// Signs mary in.
    pub(crate) async fn signed_in(&self, name: &str) -> Result<Rest> {
        let rest = self.rest()?;
        let posted = visit(&self.begin(&rest, name).await?, "mary", json!({})).await?;
        let token = self.finish(&posted).await?.ok()?;
        Ok(rest.with_token(token["token"]["token"].as_str()))
    }

    pub(crate) async fn change(&self, change: Value) -> Result<Answer> {
        let config = json!({ "config": { "name": SERVER, "saml": change } });
        self.admin.patch(&format!("/v1/server/{SERVER}"), &config).await
    }

    pub(crate) fn rest(&self) -> Result<Rest> {
        self.primary.rest()
    }

    /// Begins a login; gives the address that the browser goes to.
    pub(crate) async fn begin(&self, rest: &Rest, endpoint: &str) -> Result<String> {
        let body = json!({ "redirect_endpoint": endpoint });
        let path = format!("/v1/token_auth_server/{SERVER}");
        let answer = rest.post(&path, &body).await?.ok()?;
        ensure!(answer["redirect"]["server_type"] == "saml", "{answer}");
        Ok(answer["redirect"]["redirect_url"].as_str().context("no address")?.to_owned())
    }

    /// What the provider answers to a login that begins now.
    pub(crate) async fn posted(&self, login: &str, twist: Value) -> Result<Posted> {
        visit(&self.begin(&self.rest()?, ENDPOINT).await?, login, twist).await
    }

    /// Brings an answer back, as a client that took the form itself.
    pub(crate) async fn finish(&self, posted: &Posted) -> Result<Answer> {
        self.rest()?.post(&format!("/v1/auth/{SERVER}"), &posted.body()).await
    }

    /// The whole way.
    pub(crate) async fn sign_in(&self, login: &str, twist: Value) -> Result<Answer> {
        self.finish(&self.posted(login, twist).await?).await
    }
}
