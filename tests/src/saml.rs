//! A provider of SAML: a program of Node in `tests/idp`, whose signatures and
//! encryption are samlify's.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::certificates::Certificates;
use crate::idp::{browser, launch};
use crate::port::FreeAddress;
use crate::process::Process;
use crate::{programs, wait};

/// Where it sends the browser back to, where a client is not the portal.
pub const ENDPOINT: &str = "https://127.0.0.1:8443/token_auth_server";

/// A certificate with its RSA key, in PEM.
#[derive(Clone, Debug)]
pub struct RsaPair {
    /// The certificate.
    pub certificate: String,
    /// The key.
    pub key: String,
}

impl RsaPair {
    /// Makes one for `name`.
    pub fn make(name: &str) -> Result<Self> {
        // Nothing else here makes RSA keys.
        let script = "const { generateKeyPairSync } = require('node:crypto');\
             const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });\
             console.log(privateKey.export({ type: 'pkcs8', format: 'pem' }));";
        let made = std::process::Command::new(programs::system("node", &[])?)
            .args(["-e", script])
            .output()
            .context("node makes no key")?;
        let key = String::from_utf8(made.stdout)?;
        let pair = KeyPair::from_pkcs8_pem_and_sign_algo(&key, &PKCS_RSA_SHA256)?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        Ok(Self { certificate: params.self_signed(&pair)?.pem(), key })
    }

    fn json(&self) -> Value {
        json!({ "certificate": self.certificate, "key": self.key })
    }
}

/// A running provider, killed when dropped.
#[derive(Debug)]
pub struct SamlIdp {
    process: Process,
    _address: FreeAddress,
    issuer: String,
    /// What it signs with.
    pub signing: RsaPair,
    /// A pair that no metadata shows.
    pub other: RsaPair,
    _dir: TempDir,
}

impl SamlIdp {
    /// Starts one with these accounts: login to `{name_id, format, attributes}`.
    pub async fn start(accounts: Value) -> Result<Self> {
        Self::by(accounts, "redirect").await
    }

    /// Starts one that takes messages by a binding alone: `redirect` or `post`.
    pub async fn by(accounts: Value, binding: &str) -> Result<Self> {
        crate::install_tls_provider();
        let dir = tempfile::Builder::new().prefix("palisade-saml-").tempdir()?;
        let certificates = Certificates::make(dir.path())?;
        let free = FreeAddress::take()?;
        let address = free.get();
        let issuer = format!("https://{address}");
        let (signing, other) = (RsaPair::make("provider")?, RsaPair::make("somebody else")?);
        let config = json!({
            "port": address.port(), "issuer": issuer,
            "certificate": certificates.certificate, "key": certificates.key,
            "signing": signing.json(), "other": other.json(), "accounts": accounts,
            "binding": binding,
        });
        let process = spawn(&config, dir.path())?;
        let mut idp = Self { process, _address: free, issuer, signing, other, _dir: dir };
        idp.ready().await?;
        Ok(idp)
    }

    async fn ready(&mut self) -> Result<()> {
        let http = browser()?;
        let url = format!("{}/metadata", self.issuer);
        let process = &mut self.process;
        wait::until("the provider answers", || {
            let running = process.check_running();
            let request = http.get(&url).send();
            async move {
                running?;
                Ok(wait::when(request.await?.status().is_success()))
            }
        })
        .await
    }

    /// Its address.
    pub fn address(&self) -> &str {
        &self.issuer
    }

    /// Its metadata.
    pub async fn metadata(&self) -> Result<String> {
        let answer = browser()?.get(format!("{}/metadata", self.issuer)).send().await?;
        Ok(answer.error_for_status()?.text().await?)
    }

    /// The settings of `/v1/server` for it.
    pub fn settings(&self) -> Value {
        json!({
            "issuer": format!("{}/metadata", self.issuer), "sso_url": format!("{}/sso", self.issuer),
            "x509_cert": self.signing.certificate, "enable": true, "default_role": "reader",
        })
    }

    /// Tells it of a client.
    pub async fn register(&self, metadata: String) -> Result<()> {
        let url = format!("{}/register", self.issuer);
        browser()?.post(url).body(metadata).send().await?.error_for_status()?;
        Ok(())
    }

    /// A request to log out, as samlify makes it: its id and its context, an
    /// address or a form.
    pub async fn logout_request(
        &self,
        client: &str,
        binding: &str,
        (name_id, session): (&str, &str),
        twist: Value,
    ) -> Result<Value> {
        let mut url: Url = format!("{}/logout", self.issuer).parse()?;
        url.query_pairs_mut()
            .append_pair("client", client)
            .append_pair("binding", binding)
            .append_pair("name_id", name_id)
            .append_pair("session", session)
            .append_pair("twist", &twist.to_string());
        let answer = browser()?.get(url).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{text}");
        Ok(serde_json::from_str(&text)?)
    }
}

fn spawn(config: &Value, dir: &Path) -> Result<Process> {
    launch("saml.mjs", config, dir)
}

/// What the provider has the browser post.
#[derive(Clone, Debug)]
pub struct Posted {
    /// Where to.
    pub action: String,
    /// `SAMLResponse`.
    pub response: String,
    /// `RelayState`.
    pub relay_state: String,
}

impl Posted {
    /// The response as XML.
    pub fn xml(&self) -> Result<String> {
        Ok(String::from_utf8(STANDARD.decode(&self.response)?)?)
    }

    /// The same with another response.
    #[must_use]
    pub fn with_xml(&self, xml: &str) -> Self {
        Self { response: STANDARD.encode(xml), ..self.clone() }
    }

    /// The form.
    pub fn form(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("SAMLResponse", &self.response)
            .append_pair("RelayState", &self.relay_state)
            .finish()
    }

    /// The body of `POST /v1/auth/{server}`, as clients send it that took the
    /// form themselves.
    pub fn body(&self) -> Value {
        json!({ "Token": { "token": self.form(), "state": "", "redirect_endpoint": self.action } })
    }
}

/// A form of a page.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it is posted to.
    pub action: Url,
    /// Its fields.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// That of the page at an address.
    pub async fn at(url: &str) -> Result<Self> {
        let answer = browser()?.get(url).send().await?;
        let (status, page) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{page}");
        let (_, action) = page.split_once("action=\"").context("no form")?;
        let quoted = |text: &str| {
            let text = text.split('"').next().unwrap_or_default();
            text.replace("&#38;", "&").replace("&amp;", "&")
        };
        let fields = page.split("name=\"").skip(1).map(|field| {
            let (_, value) = field.split_once("value=\"").context("no value")?;
            Ok((quoted(field), quoted(value)))
        });
        Ok(Self { action: quoted(action).parse()?, fields: fields.collect::<Result<_>>()? })
    }

    /// What its address answers to a post of it.
    pub async fn post(&self) -> Result<(reqwest::StatusCode, String)> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish();
        let answer = browser()?.post(self.action.clone()).body(body).send().await?;
        Ok((answer.status(), answer.text().await?))
    }
}

/// Goes where a browser is sent, as `login`, until the provider has it post
/// something; `twist` is what shall be different from what is right.
pub async fn visit(url: &str, login: &str, twist: Value) -> Result<Posted> {
    // What is signed of the query must stay as it is.
    let hint: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("login_hint", login)
        .append_pair("twist", &twist.to_string())
        .finish();
    let hinted = |url: &Url| {
        let mut url = url.clone();
        let query = format!("{}&{hint}", url.query().unwrap_or_default());
        url.set_query(Some(&query));
        url
    };
    let parsed: Url = url.parse()?;
    let (status, page) = if parsed.path().ends_with("/post") {
        let form = Form::at(url).await?;
        Form { action: hinted(&form.action), ..form }.post().await?
    } else {
        let answer = browser()?.get(hinted(&parsed)).send().await?;
        (answer.status(), answer.text().await?)
    };
    ensure!(status.is_success(), "{page}");
    let part = |before: &str| {
        let (_, rest) = page.split_once(before).with_context(|| format!("no {before}: {page}"))?;
        let (text, _) = rest.split_once('"').context("no end")?;
        anyhow::Ok(text.replace("&#38;", "&"))
    };
    Ok(Posted {
        action: part("action=\"")?,
        response: part("name=\"SAMLResponse\" value=\"")?,
        relay_state: part("name=\"RelayState\" value=\"")?,
    })
}
