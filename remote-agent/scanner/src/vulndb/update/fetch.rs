//! Fetching one source: only what changed, going on where a download broke
//! off, with pauses as the server wishes.

use std::io::SeekFrom;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, StatusCode, header};
use reqwest::{Response, redirect};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::fs::OpenOptions;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};
use url::Url;

use super::cache::{CacheError, Slot};
use super::{Paging, UpdateSettings};
use crate::source::registry::{Patience, asked_pause};

/// A source that could not be fetched.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The server cannot be reached, or breaks off.
    #[error("{url}: {reason}")]
    Network {
        /// Where, without what may be a secret.
        url: String,
        /// Why.
        reason: String,
    },
    /// The server refuses.
    #[error("{url} answers {status}")]
    Status {
        /// Where, without what may be a secret.
        url: String,
        /// What it answers.
        status: StatusCode,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// It is larger than is allowed.
    #[error("{url} has more than {limit} bytes")]
    TooLarge {
        /// Where, without what may be a secret.
        url: String,
        /// The limit.
        limit: u64,
    },
    /// It answers in pages, and one of them is none.
    #[error("{url}: the page from record {from} on: {reason}")]
    Page {
        /// Where, without what may be a secret.
        url: String,
        /// The record that was asked for.
        from: u64,
        /// What is wrong.
        reason: String,
    },
    /// The copy cannot be kept.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// Nothing can be fetched at all.
    #[error("cannot set up requests: {0}")]
    Setup(String),
}

impl FetchError {
    /// Whether another try may succeed.
    fn is_transient(&self) -> bool {
        match self {
            Self::Network { .. } => true,
            Self::Status { status, .. } => {
                status.is_server_error()
                    || matches!(
                        *status,
                        StatusCode::TOO_MANY_REQUESTS
                            | StatusCode::REQUEST_TIMEOUT
                            | StatusCode::TOO_EARLY
                    )
            }
            Self::TooLarge { .. } | Self::Page { .. } | Self::Cache(_) | Self::Setup(_) => false,
        }
    }
}

/// What the server said by which a copy is known again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Validator {
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
}

impl Validator {
    fn read(headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| {
            headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        Self { etag: text(header::ETAG), last_modified: text(header::LAST_MODIFIED) }
    }

    /// What proves that a rest belongs to the part that is there: a tag that
    /// stands for the same bytes, or a date.
    fn strong(&self) -> Option<&str> {
        let tag = self.etag.as_deref().filter(|tag| !tag.starts_with("W/"));
        tag.or(self.last_modified.as_deref())
    }
}

/// A new copy that is whole.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) path: PathBuf,
    pub(super) url: String,
    pub(super) validator: Validator,
    pub(super) bytes: u64,
    /// The time up to which it has every change, where the server tells what changed later.
    pub(super) complete_until: Option<DateTime<Utc>>,
}

/// What a server has.
#[derive(Debug)]
pub(super) enum Answer {
    New(Fetched),
    /// The last copy with so many records of it renewed.
    Renewed(Fetched, u64),
    Unchanged,
}

/// Fetches sources.
pub(super) struct Client {
    http: reqwest::Client,
    /// Follows nobody elsewhere: it may carry a key.
    pub(super) unled: reqwest::Client,
    pub(super) patience: Patience,
    pub(super) paging: Paging,
    pub(super) limit: u64,
}

impl Client {
    pub(super) fn new(settings: &UpdateSettings) -> Result<Self, FetchError> {
        let setup = |error: &dyn std::fmt::Display| FetchError::Setup(error.to_string());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for root in &settings.extra_roots {
            roots.add(root.clone()).map_err(|error| setup(&error))?;
        }
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| setup(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // Whoever asked with TLS is not led out of it.
        let redirects = redirect::Policy::custom(|attempt| {
            let secure = attempt.previous().first().is_some_and(|url| url.scheme() == "https");
            if attempt.previous().len() > 10 {
                attempt.error("too many redirects")
            } else if secure && attempt.url().scheme() != "https" {
                attempt.error("a redirect leads out of TLS")
            } else {
                attempt.follow()
            }
        });
        let client = |redirects| {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .user_agent(concat!("palisade-vulndb/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(settings.patience.connect)
                .read_timeout(settings.patience.idle)
                .redirect(redirects)
                .build()
                .map_err(|error| setup(&error))
        };
        Ok(Self {
            http: client(redirects)?,
            unled: client(redirect::Policy::none())?,
            patience: settings.patience.clone(),
            paging: settings.paging.clone(),
            limit: settings.source_bytes,
        })
    }

    /// How long to wait before another try; none where there is to be none.
    pub(super) fn pause_after(&self, error: &FetchError, failed: u32) -> Option<Duration> {
        if !error.is_transient() || failed >= self.patience.tries {
            return None;
        }
        let asked = match error {
            FetchError::Status { retry_after, .. } => *retry_after,
            _ => None,
        };
        // Whoever wants more is left alone until the next update.
        let pause = asked.unwrap_or_else(|| self.patience.pause(failed));
        (pause <= self.patience.longest_pause).then_some(pause)
    }

    /// Fetches `url` unless the copy in `slot` is the newest.
    pub(super) async fn fetch(&self, url: &Url, slot: &Slot) -> Result<Answer, FetchError> {
        let mut failed = 0;
        let mut known = slot.partial().map_or(0, |(bytes, _)| bytes);
        loop {
            let error = match self.once(url, slot).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            // A download that gets on is no failure.
            let there = slot.partial().map_or(0, |(bytes, _)| bytes);
            failed = if there > known { 1 } else { failed + 1 };
            known = there;
            let pause = self.pause_after(&error, failed).ok_or(error)?;
            tokio::time::sleep(pause).await;
        }
    }

    async fn once(&self, url: &Url, slot: &Slot) -> Result<Answer, FetchError> {
        let partial = slot.partial().filter(|(_, validator)| validator.strong().is_some());
        let state = slot.state().filter(|state| state.url == url.as_str());
        let mut request = self.http.get(url.clone());
        if let Some((bytes, validator)) = &partial {
            let proof = validator.strong().unwrap_or_default();
            request = request
                .header(header::RANGE, format!("bytes={bytes}-"))
                .header(header::IF_RANGE, proof);
        } else if let Some(state) = &state {
            if let Some(tag) = &state.validator.etag {
                request = request.header(header::IF_NONE_MATCH, tag);
            }
            if let Some(date) = &state.validator.last_modified {
                request = request.header(header::IF_MODIFIED_SINCE, date);
            }
        }
        let response = request.send().await.map_err(|error| network(url, error))?;
        let status = response.status();
        match (status, partial) {
            (StatusCode::NOT_MODIFIED, None) if state.is_some() => Ok(Answer::Unchanged),
            (StatusCode::PARTIAL_CONTENT, Some((bytes, validator)))
                if continues(response.headers(), bytes) =>
            {
                self.keep(url, slot, response, bytes, validator).await
            }
            (StatusCode::OK, _) => {
                let validator = Validator::read(response.headers());
                slot.begin(&validator)?;
                self.keep(url, slot, response, 0, validator).await
            }
            // What is there does not belong to what the server has.
            (StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PARTIAL_CONTENT, Some(_)) => {
                slot.discard()?;
                Err(FetchError::Network {
                    url: shown(url),
                    reason: "the server does not go on where the download broke off".to_owned(),
                })
            }
            _ => Err(refused(url, &response)),
        }
    }

    /// Writes the answer's content after the `start` bytes that are there.
    async fn keep(
        &self,
        url: &Url,
        slot: &Slot,
        mut response: Response,
        start: u64,
        validator: Validator,
    ) -> Result<Answer, FetchError> {
        let path = slot.incoming();
        let failed = |error| FetchError::Cache(CacheError::at(&path)(error));
        let mut file = OpenOptions::new().write(true).open(&path).await.map_err(failed)?;
        file.seek(SeekFrom::Start(start)).await.map_err(failed)?;
        let expected = response.content_length().map(|length| start.saturating_add(length));
        let mut bytes = start;
        let outcome = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    bytes = bytes.saturating_add(chunk.len() as u64);
                    if bytes > self.limit {
                        slot.discard()?;
                        return Err(FetchError::TooLarge { url: shown(url), limit: self.limit });
                    }
                    file.write_all(&chunk).await.map_err(failed)?;
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(network(url, error)),
            }
        };
        // Even of a download that broke off the next try can use this.
        file.flush().await.map_err(failed)?;
        file.sync_all().await.map_err(failed)?;
        outcome?;
        if expected.is_some_and(|expected| expected != bytes) {
            return Err(FetchError::Network {
                url: shown(url),
                reason: format!("the download ended after {bytes} bytes"),
            });
        }
        Ok(Answer::New(Fetched {
            path: slot.incoming(),
            url: url.to_string(),
            validator,
            bytes,
            complete_until: None,
        }))
    }
}

/// Whether an answer goes on after `bytes`: `Content-Range: bytes 100-199/200`.
fn continues(headers: &HeaderMap, bytes: u64) -> bool {
    headers
        .get(header::CONTENT_RANGE)
        .and_then(|range| range.to_str().ok())
        .and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok())
        == Some(bytes)
}

/// What the server answers in place of what was asked for.
pub(super) fn refused(url: &Url, response: &Response) -> FetchError {
    FetchError::Status {
        url: shown(url),
        status: response.status(),
        retry_after: asked_pause(response.headers(), Utc::now()),
    }
}

pub(super) fn network(url: &Url, error: reqwest::Error) -> FetchError {
    // The error would tell the whole URL, with what may be a token.
    let error = error.without_url();
    let mut reason = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(deeper) = cause {
        reason = format!("{reason}: {deeper}");
        cause = deeper.source();
    }
    FetchError::Network { url: shown(url), reason }
}

pub(super) fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    shown.to_string()
}
