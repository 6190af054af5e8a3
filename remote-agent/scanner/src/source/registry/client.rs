//! Requests to one registry.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use reqwest::{Client, Response, redirect};
use rustls::pki_types::CertificateDer;
use secrecy::SecretString;
use tokio::sync::Mutex;
use tracing::debug;
use url::Url;

use super::auth::{Authorizations, Challenge};
use super::error::RegistryError;

/// Tries for one request that fails for a passing reason.
const TRIES: u32 = 3;

/// Name and password of a user of a registry.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user.
    pub username: String,
    /// The password or token.
    pub password: SecretString,
}

/// How a registry is reached.
#[derive(Clone, Debug)]
pub struct RegistryAccess {
    /// Its base URL; `http://` is spoken plainly when it says so.
    pub url: Url,
    /// Who asks; none for what everybody may read.
    pub credentials: Option<Credentials>,
    /// Authorities to trust besides the system's, DER.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Whether to connect without the proxy that the environment names.
    pub ignore_proxy: bool,
}

impl RegistryAccess {
    /// Access to the registry at `url`, which may lack scheme and slash.
    pub fn new(url: &str) -> Result<Self, RegistryError> {
        let bad = |reason: &str| RegistryError::Address {
            url: url.to_owned(),
            reason: reason.to_owned(),
        };
        let full = if url.contains("://") { url.to_owned() } else { format!("https://{url}") };
        let mut parsed = Url::parse(&full).map_err(|error| bad(&error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(bad("it must start with https:// or http://"));
        }
        if parsed.host().is_none() {
            return Err(bad("it names no host"));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(bad("credentials do not belong into the address"));
        }
        parsed.set_query(None);
        parsed.set_fragment(None);
        if !parsed.path().ends_with('/') {
            let path = format!("{}/", parsed.path());
            parsed.set_path(&path);
        }
        Ok(Self { url: parsed, credentials: None, extra_roots: Vec::new(), ignore_proxy: false })
    }

    /// The same access with credentials.
    #[must_use]
    pub fn with_credentials(mut self, username: &str, password: SecretString) -> Self {
        if !username.is_empty() {
            self.credentials = Some(Credentials { username: username.to_owned(), password });
        }
        self
    }
}

/// A client of one registry. Cloning shares connections and tokens.
#[derive(Clone, Debug)]
pub struct RegistryClient {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    access: RegistryAccess,
    http: Client,
    authorizations: Mutex<Authorizations>,
}

impl RegistryClient {
    /// A client; nothing is sent yet.
    pub fn new(access: RegistryAccess) -> Result<Self, RegistryError> {
        let setup = |error: &dyn std::fmt::Display| RegistryError::Setup(error.to_string());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = rustls::RootCertStore::empty();
        if access.url.scheme() == "https" {
            // What the system trusts; certificates it cannot read are skipped.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        for root in &access.extra_roots {
            roots.add(root.clone()).map_err(|error| setup(&error))?;
        }
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| setup(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("palisade-scanner/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(4)
            .redirect(redirect::Policy::custom(|attempt| {
                let downgrade = attempt.url().scheme() == "http"
                    && attempt.previous().last().is_some_and(|from| from.scheme() == "https");
                if attempt.previous().len() > 5 {
                    attempt.error("too many redirects")
                } else if downgrade {
                    attempt.error("redirect from https to http")
                } else {
                    attempt.follow()
                }
            }));
        if access.ignore_proxy || is_loopback(&access.url) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| setup(&error))?;
        Ok(Self {
            inner: Arc::new(Inner {
                access,
                http,
                authorizations: Mutex::new(Authorizations::default()),
            }),
        })
    }

    /// The registry's base URL, with a trailing slash.
    pub fn url(&self) -> &Url {
        &self.inner.access.url
    }

    pub(super) fn http(&self) -> &Client {
        &self.inner.http
    }

    pub(super) fn credentials(&self) -> Option<&Credentials> {
        self.inner.access.credentials.as_ref()
    }

    /// The URL of `path` below `/v2/`.
    pub(super) fn endpoint(&self, path: &str) -> String {
        format!("{}v2/{path}", self.inner.access.url)
    }

    /// Sends a GET request, answers a challenge, and tries again when the
    /// failure may pass. `scope` tells which token fits.
    pub(super) async fn get(
        &self,
        url: &str,
        scope: &str,
        headers: &HeaderMap,
    ) -> Result<Response, RegistryError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.try_get(url, scope, headers).await {
                Err(error) if error.is_transient() && attempt < TRIES => {
                    debug!(%error, attempt, "registry request is tried again");
                    tokio::time::sleep(RegistryError::pause(attempt)).await;
                }
                result => return result,
            }
        }
    }

    async fn try_get(
        &self,
        url: &str,
        scope: &str,
        headers: &HeaderMap,
    ) -> Result<Response, RegistryError> {
        let known = self.inner.authorizations.lock().await.get(scope);
        let response = self.send(url, headers, known).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return accept(url, response).await;
        }
        let challenges = Challenge::read(response.headers());
        let detail = detail(response).await;
        let Some(authorization) = self.authorize(&challenges, scope).await? else {
            return Err(RegistryError::Unauthorized { url: url.to_owned(), detail });
        };
        self.inner.authorizations.lock().await.put(scope, authorization.clone());
        accept(url, self.send(url, headers, Some(authorization)).await?).await
    }

    async fn send(
        &self,
        url: &str,
        headers: &HeaderMap,
        authorization: Option<HeaderValue>,
    ) -> Result<Response, RegistryError> {
        let mut request = self.http().get(url).headers(headers.clone());
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        request.send().await.map_err(|error| RegistryError::from_reqwest(url, &error))
    }
}

/// Whether the registry runs on this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Turns a refusal into an error.
pub(super) async fn accept(url: &str, response: Response) -> Result<Response, RegistryError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let url = url.to_owned();
    Err(match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            RegistryError::Unauthorized { url, detail: detail(response).await }
        }
        StatusCode::NOT_FOUND => RegistryError::NotFound { url },
        StatusCode::TOO_MANY_REQUESTS => RegistryError::TooManyRequests { url },
        status => RegistryError::Status { url, status, detail: detail(response).await },
    })
}

/// The whole body, at most `limit` bytes of it.
pub(super) async fn body(
    url: &str,
    mut response: Response,
    limit: u64,
) -> Result<Bytes, RegistryError> {
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                if (body.len() + chunk.len()) as u64 > limit {
                    return Err(RegistryError::TooLarge { url: url.to_owned(), limit });
                }
                body.extend_from_slice(&chunk);
            }
            Ok(None) => return Ok(body.freeze()),
            Err(error) => return Err(RegistryError::from_reqwest(url, &error)),
        }
    }
}

/// What a refusal says, shortened and printable.
async fn detail(response: Response) -> String {
    let status = response.status();
    // A refusal whose text cannot be read is told by its status alone.
    let body = body("", response, 16 << 10).await.unwrap_or_default();
    let message = serde_json::from_slice::<serde_json::Value>(&body)
        .ok()
        .and_then(|json| {
            let error = json.get("errors")?.get(0)?;
            Some(error.get("message").or_else(|| error.get("code"))?.as_str()?.to_owned())
        })
        .unwrap_or_else(|| status.to_string());
    message.chars().filter(|c| !c.is_control()).take(200).collect()
}
