//! Providers of OpenID Connect: a certified one, and one that lies. Both are
//! programs of Node in `tests/idp`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::certificates::Certificates;
use crate::port::FreeAddress;
use crate::process::{Launch, Process};
use crate::{programs, wait};

/// The client that both providers know.
pub const CLIENT: &str = "palisade";
/// Its secret.
pub const CLIENT_SECRET: &str = "client-secret";
/// Where they send the browser back to.
pub const RETURN: &str = "https://127.0.0.1:8443/";

/// A running provider, killed when dropped.
#[derive(Debug)]
pub struct Idp {
    process: Process,
    _address: FreeAddress,
    config: Value,
    script: &'static str,
    certificates: Certificates,
    dir: TempDir,
}

impl Idp {
    /// A certified provider with these accounts: login to claims. A login
    /// succeeds by being asked for with `login_hint`.
    pub async fn certified(accounts: Value) -> Result<Self> {
        Self::certified_with(accounts, json!({})).await
    }

    /// The same, that takes the client's secret in the body alone.
    pub async fn with_secret_in_body(accounts: Value) -> Result<Self> {
        let method = "client_secret_post";
        let more = json!({
            "client": { "token_endpoint_auth_method": method },
            "provider": { "clientAuthMethods": [method] },
        });
        Self::certified_with(accounts, more).await
    }

    /// The same, that takes requests past the browser alone (RFC 9126), and the first of the
    /// accounts for whoever comes: the browser says no more who that is.
    pub async fn with_pushed_requests(accounts: Value) -> Result<Self> {
        Self::certified_with(accounts, json!({ "provider": { "pushedAlone": true } })).await
    }

    /// The same, that tells it there when somebody logs out, by the name of the session too or
    /// by theirs alone.
    pub async fn with_backchannel_logout(
        accounts: Value,
        address: &str,
        names_session: bool,
    ) -> Result<Self> {
        let client = json!({
            "backchannel_logout_uri": address,
            "backchannel_logout_session_required": names_session,
        });
        Self::certified_with(accounts, json!({ "client": client })).await
    }

    async fn certified_with(accounts: Value, more: Value) -> Result<Self> {
        let mut client = json!({
            "client_id": CLIENT, "client_secret": CLIENT_SECRET,
            "redirect_uris": [RETURN], "post_logout_redirect_uris": [RETURN],
        });
        put(&mut client, &more["client"]);
        let mut config = json!({
            "clients": [client], "accounts": accounts, "jwks": { "keys": [signing_key("one")?] },
        });
        put(&mut config, &more["provider"]);
        Self::start("provider.mjs", config).await
    }

    /// A provider whose tokens say and are signed as the code says; see
    /// [`lie`].
    pub async fn hostile(more: Value) -> Result<Self> {
        Self::start("hostile.mjs", more).await
    }

    async fn start(script: &'static str, more: Value) -> Result<Self> {
        crate::install_tls_provider();
        let dir = tempfile::Builder::new().prefix("palisade-idp-").tempdir()?;
        let certificates = Certificates::make(dir.path())?;
        let free = FreeAddress::take()?;
        let address = free.get();
        let mut config = json!({
            "port": address.port(), "issuer": format!("https://{address}"),
            "certificate": certificates.certificate, "key": certificates.key,
        });
        put(&mut config, &more);
        let process = launch(script, &config, dir.path())?;
        let mut idp = Self { process, _address: free, config, script, certificates, dir };
        idp.ready().await?;
        Ok(idp)
    }

    /// Starts it again with other signing keys, at the same address.
    pub async fn rotate_keys(&mut self) -> Result<()> {
        self.process.kill().await?;
        self.config["jwks"] = json!({ "keys": [signing_key("two")?] });
        self.process = launch(self.script, &self.config, self.dir.path())?;
        self.ready().await
    }

    /// Ends it.
    pub async fn stop(&mut self) -> Result<()> {
        self.process.kill().await
    }

    async fn ready(&mut self) -> Result<()> {
        let http = browser()?;
        let url = format!("{}/.well-known/openid-configuration", self.issuer());
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

    /// Has [`Self::hostile`] sign whatever these claims say; see [`lie`].
    pub async fn sign(&self, claims: &Value, alg: &str, key: &str) -> Result<String> {
        let request = browser()?
            .post(format!("{}/token", self.issuer()))
            .body(format!("code={}", lie(claims, alg, key)));
        let answer: Value = serde_json::from_str(&request.send().await?.text().await?)?;
        Ok(answer["id_token"].as_str().with_context(|| format!("no token: {answer}"))?.to_owned())
    }

    /// How often [`Self::hostile`] was asked for `path`.
    pub async fn asked(&self, path: &str) -> Result<u64> {
        let answer = browser()?.get(format!("{}/asked", self.issuer())).send().await?;
        let asked: Value = serde_json::from_str(&answer.text().await?)?;
        Ok(asked[path].as_u64().unwrap_or_default())
    }

    /// Its issuer.
    pub fn issuer(&self) -> &str {
        self.config["issuer"].as_str().unwrap_or_default()
    }

    /// The settings of `/v1/server` for it.
    pub fn settings(&self) -> Value {
        json!({
            "issuer": self.issuer(), "client_id": CLIENT, "client_secret": CLIENT_SECRET,
            "scopes": ["openid", "profile", "email", "groups"], "enable": true,
            "ca_cert": self.certificates.authority, "default_role": "",
        })
    }
}

/// Sets what is in `more`, if anything.
fn put(object: &mut Value, more: &Value) {
    for (key, value) in more.as_object().into_iter().flatten() {
        object[key] = value.clone();
    }
}

pub(crate) fn launch(script: &str, config: &Value, dir: &Path) -> Result<Process> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("idp");
    ensure!(
        folder.join("node_modules").is_dir(),
        "{} has no node_modules: run scripts/setup.sh",
        folder.display()
    );
    let file = dir.join("config.json");
    std::fs::write(&file, config.to_string())?;
    Launch::new("idp", programs::system("node", &[])?).arg(folder.join(script)).arg(file).spawn(dir)
}

/// A private key as a JWK, made by Node: nothing else here makes RSA keys.
fn signing_key(id: &str) -> Result<Value> {
    let script = "const { generateKeyPairSync } = require('node:crypto');\
         const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });\
         console.log(JSON.stringify(privateKey.export({ format: 'jwk' })));";
    let made = std::process::Command::new(programs::system("node", &[])?)
        .args(["-e", script])
        .output()
        .context("node makes no key")?;
    let mut key: Value = serde_json::from_slice(&made.stdout)?;
    key["kid"] = json!(id);
    key["use"] = json!("sig");
    key["alg"] = json!("RS256");
    Ok(key)
}

pub(crate) fn browser() -> Result<reqwest::Client> {
    Ok(reqwest::Client::builder()
        .tls_danger_accept_invalid_certs(true)
        .redirect(Policy::none())
        .build()?)
}

/// What the provider sends back to the page.
#[derive(Clone, Debug)]
pub struct Returned {
    /// The code.
    pub code: String,
    /// The state.
    pub state: String,
    /// The issuer, if it came along.
    pub iss: Option<String>,
}

impl Returned {
    /// The body of `POST /v1/auth/{server}`.
    pub fn body(&self) -> Value {
        json!({ "Token": {
            "token": self.code, "state": self.state, "redirect_endpoint": RETURN, "iss": self.iss,
        } })
    }
}

/// Goes where a browser is sent, as the user `login`, until it is sent back.
pub async fn visit(url: &str, login: &str) -> Result<Returned> {
    Visitor::new()?.visit(url, login).await
}

/// Somebody with a browser, which keeps what providers give it.
#[derive(Debug)]
pub struct Visitor {
    http: reqwest::Client,
    cookies: HashMap<String, String>,
}

impl Visitor {
    /// Nobody was anywhere with it.
    pub fn new() -> Result<Self> {
        Ok(Self { http: browser()?, cookies: HashMap::new() })
    }

    async fn send(&mut self, request: RequestBuilder) -> Result<Response> {
        let pairs: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header(COOKIE, pairs.join("; ")).send().await?;
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }

    /// Goes where it is sent, as the user `login`, until it is sent back.
    pub async fn visit(&mut self, url: &str, login: &str) -> Result<Returned> {
        let mut url: Url = url.parse()?;
        url.query_pairs_mut().append_pair("login_hint", login);
        for _ in 0..10 {
            let answer = self.send(self.http.get(url.clone())).await?;
            let Some(location) = answer.headers().get(LOCATION) else {
                bail!("{url} sends nobody on: {} {}", answer.status(), answer.text().await?);
            };
            url = url.join(location.to_str()?)?;
            if url.as_str().starts_with(RETURN) {
                let found: HashMap<String, String> = url.query_pairs().into_owned().collect();
                let get = |name: &str| found.get(name).cloned();
                return Ok(Returned {
                    code: get("code").with_context(|| format!("no code: {url}"))?,
                    state: get("state").context("no state")?,
                    iss: get("iss"),
                });
            }
        }
        bail!("sent on without end: {url}")
    }

    /// Logs out at the certified provider, which tells its clients before it answers.
    pub async fn log_out(&mut self, idp: &Idp) -> Result<()> {
        let end = format!("{}/session/end", idp.issuer());
        let page = self.send(self.http.get(&end)).await?.text().await?;
        let field = page.split_once("name=\"xsrf\" value=\"");
        let secret = field.and_then(|(_, rest)| rest.split('"').next());
        let secret = secret.with_context(|| format!("no form to log out: {page}"))?;
        let form = self
            .http
            .post(format!("{end}/confirm"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!("xsrf={secret}&logout=yes"));
        let answer = self.send(form).await?;
        ensure!(answer.status() == 303, "{}: {}", answer.status(), answer.text().await?);
        Ok(())
    }
}

/// One parameter of an address.
pub fn parameter(url: &str, name: &str) -> Result<String> {
    let url: Url = url.parse()?;
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned()).with_context(|| format!("{url} has no {name}"))
}

/// A code for [`Idp::hostile`]: the claims of its token, the algorithm and the
/// key.
pub fn lie(claims: &Value, alg: &str, key: &str) -> String {
    let code = json!({ "claims": claims, "alg": alg, "key": key });
    URL_SAFE_NO_PAD.encode(code.to_string())
}
