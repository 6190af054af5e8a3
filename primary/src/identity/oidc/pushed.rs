//! Requests that a provider takes from us before the browser comes (RFC 9126): what would stand in
//! the address goes there past the browser, which then brings a name for it.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use http::{HeaderValue, Method, StatusCode, header};
use openidconnect::{AsyncHttpClient as _, AuthType, HttpRequest};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use url::{Url, form_urlencoded};

use super::SsoError;
use super::provider::{LEFT_ALONE, Provider, chain};
use crate::identity::login::truncated;

/// What a provider answers.
#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

/// What a provider answers that refuses.
#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default)]
    error: String,
}

/// Why a provider did not take a pushed request.
#[derive(Debug)]
enum NotPushed {
    /// It would take no other either.
    Any(String),
    /// It refuses this one. What is wrong with it may be the address of return, which is whoever's
    /// that begins a login: the next one may be right.
    This(String),
}

impl From<NotPushed> for SsoError {
    fn from(error: NotPushed) -> Self {
        let (NotPushed::Any(why) | NotPushed::This(why)) = error;
        Self::Provider(why)
    }
}

/// A provider that takes no pushed request is not asked again for a while: anybody may begin a
/// login.
#[derive(Debug, Default)]
pub(super) struct PushFailed(Mutex<Option<(DateTime<Utc>, String)>>);

impl PushFailed {
    /// Why it failed just now, if it did.
    fn recent(&self, now: DateTime<Utc>) -> Option<String> {
        let failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = failed.as_ref().filter(|(at, _)| (*at..*at + LEFT_ALONE).contains(&now));
        recent.map(|(_, why)| why.clone())
    }

    fn remember(&self, now: DateTime<Utc>, why: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, why.to_owned()));
    }
}

impl Provider {
    /// The address for the browser: `url`, or where the provider wants it so, one that names
    /// what was pushed.
    pub(super) async fn pushed(
        &self,
        url: Url,
        now: impl Fn() -> DateTime<Utc>,
    ) -> Result<Url, SsoError> {
        let Some(endpoint) = &self.wants_pushed else { return Ok(url) };
        if let Some(why) = self.push_failed.recent(now()) {
            return Err(SsoError::Provider(why));
        }
        let pushed = self.push(endpoint, &url).await;
        if let Err(NotPushed::Any(why)) = &pushed {
            self.push_failed.remember(now(), why);
        }
        let mut url = self.metadata.authorization_endpoint().url().clone();
        url.query_pairs_mut()
            .append_pair("client_id", self.client_id())
            .append_pair("request_uri", &pushed?.request_uri);
        Ok(url)
    }

    async fn push(&self, endpoint: &Url, url: &Url) -> Result<Pushed, NotPushed> {
        let request = self.request(endpoint, url)?;
        let answer = self.http.call(request).await;
        let answer = answer.map_err(|error| NotPushed::Any(chain(&error)))?;
        let status = answer.status();
        if !matches!(status, StatusCode::CREATED | StatusCode::OK) {
            let refused: Refused = serde_json::from_slice(answer.body()).unwrap_or_default();
            let why = format!(
                "it answers a pushed request with {} {}",
                status.as_u16(),
                truncated(&refused.error)
            );
            let is_ours = status == StatusCode::UNAUTHORIZED || refused.error == "invalid_client";
            return Err(if status.is_client_error() && !is_ours {
                NotPushed::This(why)
            } else {
                NotPushed::Any(why)
            });
        }
        serde_json::from_slice(answer.body()).map_err(|error| {
            NotPushed::Any(format!("its answer to a pushed request is malformed: {error}"))
        })
    }

    /// The request with what stands in `url`, and the proof that it is ours.
    fn request(&self, endpoint: &Url, url: &Url) -> Result<HttpRequest, NotPushed> {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(url.query_pairs());
        let mut request = http::Request::builder()
            .method(Method::POST)
            .uri(endpoint.as_str())
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let secret = self.secret.expose_secret();
        if !secret.is_empty() {
            if matches!(self.place_of_secret(), AuthType::RequestBody) {
                body.append_pair("client_secret", secret);
            } else {
                request = request.header(header::AUTHORIZATION, basic(self.client_id(), secret)?);
            }
        }
        request
            .body(body.finish().into_bytes())
            .map_err(|error| NotPushed::Any(format!("it cannot be asked: {error}")))
    }
}

/// Name and secret in a header (RFC 6749, 2.3.1), which no log shows.
fn basic(id: &str, secret: &str) -> Result<HeaderValue, NotPushed> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
    let mut value = HeaderValue::from_str(&format!("Basic {both}"))
        .map_err(|error| NotPushed::Any(format!("it cannot be asked: {error}")))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_remembered_for_a_while() {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let failed = PushFailed::default();
        assert_eq!(failed.recent(at), None);
        failed.remember(at, "why");
        assert_eq!(failed.recent(at).as_deref(), Some("why"));
        assert_eq!(failed.recent(at + LEFT_ALONE), None);
        // The clock was set back meanwhile.
        assert_eq!(failed.recent(at - LEFT_ALONE), None);
    }

    #[test]
    fn name_and_secret_are_encoded_before_they_are_joined() {
        let value = basic("a:b", "s ä+").unwrap();
        assert!(value.is_sensitive());
        let text = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(text).unwrap(), b"a%3Ab:s+%C3%A4%2B");
    }
}
