//! Single requests: redirects, limits on requests, bounded answers.
//!
//! Secrets travel in headers that are marked as sensitive. Those go to the
//! host that was asked and to no other that it redirects to: object stores
//! must not see, and partly do not stand, the registry's credentials.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use palisade_api::clock::{Clock as _, SystemClock};
use reqwest::{Client, Response, redirect};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tracing::debug;
use url::{Host, Url};

use super::access::RegistryAccess;
use super::error::RegistryError;
use super::machine::{self, Resolver};
use super::patience::{Patience, RateLimit, asked_pause};
use super::tls;

/// Redirects that are followed.
const REDIRECTS: usize = 5;
/// Bytes that a registry sends ahead of who reads by HTTP/2: of one answer, and of all on a
/// connection. Answers whose readers wait must not use up what others need.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;
/// How long the text of a refusal is waited for.
const REFUSAL_TIME: Duration = Duration::from_secs(5);
/// Bytes of it that are read at most, and characters that are told.
const REFUSAL_BYTES: u64 = 16 << 10;
const REFUSAL_CHARS: usize = 200;

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
}

impl Call {
    pub(super) fn get(url: impl Into<String>) -> Self {
        Self { method: Method::GET, url: url.into(), headers: HeaderMap::new(), body: None }
    }

    pub(super) fn post(url: impl Into<String>, media_type: &'static str, body: Bytes) -> Self {
        Self { method: Method::POST, body: Some(body), ..Self::get(url) }
            .with(header::CONTENT_TYPE, HeaderValue::from_static(media_type))
    }

    /// A form; its values may be secrets.
    pub(super) fn form(url: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Self::post(url, "application/x-www-form-urlencoded", body.into())
    }

    #[must_use]
    pub(super) fn with(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same request with a login, where there is one.
    #[must_use]
    pub(super) fn authorized(self, login: Option<HeaderValue>) -> Self {
        match login {
            Some(login) => self.with(header::AUTHORIZATION, login),
            None => self,
        }
    }
}

/// Sends requests. Cloning shares connections and what is known of limits.
#[derive(Clone, Debug)]
pub(super) struct Http {
    client: Client,
    pub(super) patience: Arc<Patience>,
    limits: Arc<Mutex<Limits>>,
}

#[derive(Debug, Default)]
struct Limits {
    /// When requests are welcome again.
    closed_until: Option<Instant>,
    last: Option<RateLimit>,
}

impl Http {
    pub(super) fn new(access: &RegistryAccess) -> Result<Self, RegistryError> {
        let setup = |error: &dyn std::fmt::Display| RegistryError::Setup(error.to_string());
        let patience = Arc::new(access.patience.clone());
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls::config(access)?)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
            .user_agent(concat!("palisade-scanner/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(patience.connect)
            .read_timeout(patience.idle)
            .pool_max_idle_per_host(8)
            .dns_resolver(Resolver::of(&access.url))
            .redirect(redirect::Policy::none());
        if let Some(proxy) = &access.proxy {
            let proxy = reqwest::Proxy::all(proxy.as_str()).map_err(|_| {
                // The address may hold a password.
                RegistryError::Setup("the address of the proxy is not understood".to_owned())
            })?;
            builder = builder.no_proxy().proxy(proxy.no_proxy(reqwest::NoProxy::from_env()));
        } else if access.ignore_proxy || is_loopback(&access.url) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| setup(&error))?;
        Ok(Self { client, patience, limits: Arc::default() })
    }

    /// What the registry last told of its limit on manifests.
    pub(super) fn rate_limit(&self) -> Option<RateLimit> {
        self.limits().last
    }

    fn limits(&self) -> std::sync::MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request once and gives the answer, whatever its status.
    pub(super) async fn send(&self, call: &Call) -> Result<Response, RegistryError> {
        self.send_through(call, REDIRECTS).await
    }

    /// Sends a request once and gives the answer, even if it leads elsewhere.
    pub(super) async fn send_unfollowed(&self, call: &Call) -> Result<Response, RegistryError> {
        self.send_through(call, 0).await
    }

    async fn send_through(&self, call: &Call, redirects: usize) -> Result<Response, RegistryError> {
        self.pass_gate(&call.url).await?;
        let malformed = |reason: &str| RegistryError::Malformed {
            url: shown(&call.url),
            reason: reason.to_owned(),
        };
        let mut url = Url::parse(&call.url).map_err(|_| malformed("it is no URL"))?;
        let mut headers = call.headers.clone();
        for _ in 0..=redirects {
            let mut request =
                self.client.request(call.method.clone(), url.clone()).headers(headers.clone());
            if let Some(body) = &call.body {
                request = request.body(body.clone());
            }
            let response = request
                .send()
                .await
                .map_err(|error| RegistryError::from_reqwest(&shown(&call.url), error))?;
            self.note(response.headers(), response.status());
            if redirects == 0 || !is_redirect(response.status()) || call.body.is_some() {
                return Ok(response);
            }
            let target = response
                .headers()
                .get(header::LOCATION)
                .and_then(|target| url.join(target.to_str().ok()?).ok())
                .ok_or_else(|| malformed("a redirect leads nowhere"))?;
            check_redirect(&url, &target).map_err(malformed)?;
            if target.origin() != url.origin() {
                headers = headers
                    .into_iter()
                    .filter_map(|(name, value)| Some((name?, value)))
                    .filter(|(name, value)| {
                        !value.is_sensitive()
                            && name != header::AUTHORIZATION
                            && name != header::COOKIE
                    })
                    .collect();
            }
            url = target;
        }
        Err(malformed("it redirects without end"))
    }

    async fn accepted(&self, call: &Call) -> Result<Response, RegistryError> {
        accept(&call.url, self.send(call).await?).await
    }

    /// Sends a request and reads its whole answer as JSON of at most `limit`
    /// bytes. An answer that breaks off is asked for again.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        call: &Call,
        limit: u64,
    ) -> Result<(T, HeaderMap), RegistryError> {
        let mut tries = self.tries();
        loop {
            match self.whole(call, limit).await {
                Ok((bytes, headers)) => return Ok((parse(&call.url, &bytes)?, headers)),
                Err(error) => tries.again(error).await?,
            }
        }
    }

    /// Sends a request once and reads its whole answer of at most `limit`
    /// bytes.
    pub(super) async fn whole(
        &self,
        call: &Call,
        limit: u64,
    ) -> Result<(Bytes, HeaderMap), RegistryError> {
        let response = self.accepted(call).await?;
        let headers = response.headers().clone();
        Ok((body(&call.url, response, limit).await?, headers))
    }

    /// Counts the tries of something.
    pub(super) fn tries(&self) -> Tries {
        Tries { patience: Arc::clone(&self.patience), failed: 0 }
    }

    /// Keeps a limit on requests in mind, for all requests that share this.
    fn note(&self, headers: &HeaderMap, status: StatusCode) {
        let mut limits = self.limits();
        if let Some(limit) = RateLimit::read(headers) {
            limits.last = Some(limit);
        }
        if status == StatusCode::TOO_MANY_REQUESTS
            && let Some(pause) = asked_pause(headers, SystemClock.now())
        {
            limits.closed_until = Instant::now().checked_add(pause);
        }
    }

    async fn pass_gate(&self, url: &str) -> Result<(), RegistryError> {
        let closed_until = self.limits().closed_until;
        let Some(pause) =
            closed_until.and_then(|until| until.checked_duration_since(Instant::now()))
        else {
            return Ok(());
        };
        if pause > self.patience.longest_pause {
            return Err(RegistryError::TooManyRequests {
                url: shown(url),
                retry_after: Some(pause),
            });
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

/// Tries of something that may fail for a passing reason.
#[derive(Debug)]
pub(super) struct Tries {
    patience: Arc<Patience>,
    failed: u32,
}

impl Tries {
    /// Waits before the next try after `error`. Gives it back when it will
    /// not pass, when tries are used up, and when the registry asks for a
    /// longer pause than it is worth.
    pub(super) async fn again(&mut self, error: RegistryError) -> Result<(), RegistryError> {
        self.failed += 1;
        if !error.is_transient() || self.failed >= self.patience.tries {
            return Err(error);
        }
        let pause = match error.retry_after() {
            Some(asked) if asked > self.patience.longest_pause => return Err(error),
            Some(asked) => asked.max(self.patience.first_pause),
            None => self.patience.pause(self.failed),
        };
        debug!(%error, failed = self.failed, "a registry is asked again");
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Forgets the failures: there was progress.
    pub(super) fn progressed(&mut self) {
        self.failed = 0;
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn check_redirect(from: &Url, to: &Url) -> Result<(), &'static str> {
    if !matches!(to.scheme(), "http" | "https") {
        return Err("a redirect leads out of HTTP");
    }
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err("a redirect leads from https to http");
    }
    if !to.has_host() {
        return Err("a redirect names no host");
    }
    if machine::is_asked(to) { Err("a redirect leads to a link-local address") } else { Ok(()) }
}

/// Whether the registry runs on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A URL as errors show it: queries may hold signatures.
pub(super) fn shown(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// Turns a refusal into an error.
pub(super) async fn accept(url: &str, response: Response) -> Result<Response, RegistryError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let url = shown(url);
    let retry_after = asked_pause(response.headers(), SystemClock.now());
    Err(match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            RegistryError::Unauthorized { url, detail: detail(response).await }
        }
        StatusCode::NOT_FOUND => RegistryError::NotFound { url },
        StatusCode::TOO_MANY_REQUESTS => RegistryError::TooManyRequests { url, retry_after },
        status => {
            RegistryError::Status { url, status, detail: detail(response).await, retry_after }
        }
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
                    return Err(RegistryError::TooLarge { url: shown(url), limit });
                }
                body.extend_from_slice(&chunk);
            }
            Ok(None) => return Ok(body.freeze()),
            Err(error) => return Err(RegistryError::from_reqwest(&shown(url), error)),
        }
    }
}

/// Reads an answer as JSON.
pub(super) fn parse<T: DeserializeOwned>(url: &str, bytes: &[u8]) -> Result<T, RegistryError> {
    serde_json::from_slice(bytes).map_err(|error| RegistryError::Malformed {
        url: shown(url),
        // The position, and not what stands there, which may be a secret.
        reason: format!("it is not the JSON expected (column {})", error.column()),
    })
}

/// What a refusal says, shortened and printable.
pub(super) async fn detail(response: Response) -> String {
    let status = response.status();
    // A refusal whose text cannot be read is told by its status alone.
    let body = tokio::time::timeout(REFUSAL_TIME, body("", response, REFUSAL_BYTES)).await;
    let body = body.unwrap_or(Ok(Bytes::new())).unwrap_or_default();
    let message = serde_json::from_slice::<serde_json::Value>(&body)
        .ok()
        .and_then(|json| {
            let error = json.get("errors").and_then(|errors| errors.get(0)).unwrap_or(&json);
            let text = ["message", "error_description", "detail", "error", "code", "__type"]
                .iter()
                .find_map(|key| error.get(*key)?.as_str())?;
            Some(text.to_owned())
        })
        .unwrap_or_else(|| status.to_string());
    message.chars().filter(|c| !c.is_control()).take(REFUSAL_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_that_are_refused() {
        let refused = |from: &str, to: &str| {
            check_redirect(&Url::parse(from).unwrap(), &Url::parse(to).unwrap()).is_err()
        };
        assert!(!refused("https://a/", "https://b/"));
        assert!(!refused("http://a/", "https://b/"));
        assert!(refused("https://a/", "http://a/"));
        assert!(refused("https://a/", "file:///etc/passwd"));
        assert!(refused("http://a/", "http://169.254.169.254/latest/meta-data"));
        assert!(refused("http://a/", "http://[fe80::1]/"));
        assert!(refused("http://a/", "http://[::ffff:169.254.169.254]/"));
    }

    #[test]
    fn queries_are_not_shown() {
        assert_eq!(shown("https://a/b?X-Signature=secret#c"), "https://a/b");
    }
}
