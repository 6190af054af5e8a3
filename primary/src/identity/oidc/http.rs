//! Requests to providers: over verified TLS, without redirects, bounded in time
//! and size.

use std::pin::Pin;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::StreamExt as _;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use palisade_transport::client::outgoing_tls;
use reqwest::redirect::Policy;
use thiserror::Error;

use super::OidcSettings;
use crate::identity::directory::certificates;

/// A provider answers within this time.
const DEADLINE: Duration = Duration::from_secs(10);
/// Connecting takes no longer than this.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest answer that is read.
const MAX_ANSWER: usize = 1 << 20;

/// A client for one provider.
#[derive(Clone, Debug)]
pub(super) struct ProviderHttp(reqwest::Client);

/// A request that failed.
#[derive(Debug, Error)]
pub(super) enum HttpError {
    /// The client cannot be set up.
    #[error("the certificates or the proxy for the provider cannot be used: {0}")]
    Setup(String),
    /// No answer.
    #[error("{0}")]
    Request(#[source] reqwest::Error),
    /// The provider is out of order, or has no time for us.
    #[error("the provider answers {0}")]
    OutOfOrder(http::StatusCode),
    /// The answer is too long.
    #[error("the answer is longer than {MAX_ANSWER} bytes")]
    TooLong,
    /// The answer is malformed.
    #[error("the answer is malformed: {0}")]
    Malformed(#[from] http::Error),
}

impl From<reqwest::Error> for HttpError {
    fn from(error: reqwest::Error) -> Self {
        // Addresses of requests may hold codes and tokens.
        Self::Request(error.without_url())
    }
}

impl ProviderHttp {
    /// A client for the provider of `settings`; `proxy` is the primary's.
    pub(super) fn new(settings: &OidcSettings, proxy: Option<&str>) -> Result<Self, HttpError> {
        let setup = |error: &dyn std::fmt::Display| HttpError::Setup(error.to_string());
        let own = certificates(&settings.ca_cert).map_err(|error| setup(&error))?;
        let tls = outgoing_tls(own).map_err(|error| setup(&error))?;
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(true)
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .timeout(DEADLINE)
            .no_proxy();
        if settings.use_proxy {
            let proxy = proxy.ok_or_else(|| {
                HttpError::Setup("use_proxy is set, but the primary has no https-proxy".to_owned())
            })?;
            builder = builder.proxy(reqwest::Proxy::https(proxy)?);
        }
        Ok(Self(builder.build()?))
    }
}

impl<'c> AsyncHttpClient<'c> for ProviderHttp {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.0.execute(request.try_into()?).await?;
            // Whatever stands in it, it is no word about the login.
            let status = answer.status();
            if status.is_server_error() || status == http::StatusCode::TOO_MANY_REQUESTS {
                return Err(HttpError::OutOfOrder(status));
            }
            let mut response = http::Response::builder().status(status);
            for (name, value) in answer.headers() {
                response = response.header(name, value);
            }
            let mut body = BytesMut::new();
            let mut chunks = answer.bytes_stream();
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk?;
                if body.len() + chunk.len() > MAX_ANSWER {
                    return Err(HttpError::TooLong);
                }
                body.extend_from_slice(&chunk);
            }
            Ok(response.body(body.to_vec())?)
        })
    }
}
