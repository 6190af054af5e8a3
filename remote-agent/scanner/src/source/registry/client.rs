//! Requests to one registry that want to know who asks.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::Response;
use tokio::sync::Mutex;
use url::Url;

use super::access::RegistryAccess;
use super::auth::{Authorizations, Challenge, Login};
use super::error::RegistryError;
use super::http::{Call, Http, accept, body, detail, shown};
use super::patience::RateLimit;
use super::product::{Plain, Product};

/// A client of one registry. Cloning shares connections and tokens.
#[derive(Clone, Debug)]
pub struct RegistryClient {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    access: RegistryAccess,
    http: Http,
    product: Box<dyn Product>,
    authorizations: Mutex<Authorizations>,
}

impl RegistryClient {
    /// A client of a registry of which nothing is known but that it speaks
    /// the distribution API; nothing is sent yet.
    pub fn new(access: RegistryAccess) -> Result<Self, RegistryError> {
        let product = Plain(access.credentials.clone());
        Self::of(access, Box::new(product))
    }

    pub(super) fn of(
        access: RegistryAccess,
        product: Box<dyn Product>,
    ) -> Result<Self, RegistryError> {
        let http = Http::new(&access)?;
        let authorizations = Mutex::default();
        Ok(Self { inner: Arc::new(Inner { access, http, product, authorizations }) })
    }

    /// The registry's base URL, with a trailing slash.
    pub fn url(&self) -> &Url {
        &self.inner.access.url
    }

    /// How many images the registry still gives, where it told with its last
    /// answers.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.inner.http.rate_limit()
    }

    pub(super) fn http(&self) -> &Http {
        &self.inner.http
    }

    pub(super) fn access(&self) -> &RegistryAccess {
        &self.inner.access
    }

    pub(super) fn product(&self) -> &dyn Product {
        self.inner.product.as_ref()
    }

    /// Who asks, now.
    pub(super) async fn login(&self) -> Result<Option<Login>, RegistryError> {
        self.product().login(self.http()).await
    }

    /// The URL of `path` below `/v2/`.
    pub(super) fn endpoint(&self, path: &str) -> String {
        // A registry below a path, as in Artifactory's repository path mode,
        // still has the API's root at its host.
        let base = self.product().api_root(self.url());
        format!("{base}v2/{path}")
    }

    /// Sends a GET request, answers a challenge, and tries again when the
    /// failure may pass. `scope` tells which token fits.
    pub(super) async fn get(
        &self,
        url: &str,
        scope: &str,
        headers: &HeaderMap,
    ) -> Result<Response, RegistryError> {
        self.again(Method::GET, url, scope, headers).await
    }

    /// Asks for the head of an answer alone, with the same care.
    pub(super) async fn head(
        &self,
        url: &str,
        scope: &str,
        headers: &HeaderMap,
    ) -> Result<Response, RegistryError> {
        self.again(Method::HEAD, url, scope, headers).await
    }

    async fn again(
        &self,
        method: Method,
        url: &str,
        scope: &str,
        headers: &HeaderMap,
    ) -> Result<Response, RegistryError> {
        let mut tries = self.http().tries();
        loop {
            match self.once(method.clone(), url, scope, headers).await {
                Err(error) => tries.again(error).await?,
                answer => return answer,
            }
        }
    }

    /// Sends a GET request and reads its whole answer of at most `limit`
    /// bytes. One that breaks off is asked for again.
    pub(super) async fn whole(
        &self,
        url: &str,
        scope: &str,
        headers: &HeaderMap,
        limit: u64,
    ) -> Result<(Bytes, HeaderMap), RegistryError> {
        let mut tries = self.http().tries();
        loop {
            let answer = async {
                let response = self.once(Method::GET, url, scope, headers).await?;
                let headers = response.headers().clone();
                Ok((body(url, response, limit).await?, headers))
            };
            match answer.await {
                Err(error) => tries.again(error).await?,
                answer => return answer,
            }
        }
    }

    /// Sends a request and answers a challenge.
    pub(super) async fn once(
        &self,
        method: Method,
        url: &str,
        scope: &str,
        headers: &HeaderMap,
    ) -> Result<Response, RegistryError> {
        let call = |authorization: Option<HeaderValue>| {
            Call { method: method.clone(), headers: headers.clone(), ..Call::get(url) }
                .authorized(authorization)
        };
        let known = self.inner.authorizations.lock().await.get(scope);
        let response = self.http().send(&call(known)).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return accept(url, response).await;
        }
        let challenges = Challenge::read(response.headers());
        let detail = detail(response).await;
        let Some(authorization) = self.authorize(&challenges, scope).await? else {
            return Err(RegistryError::Unauthorized { url: shown(url), detail });
        };
        self.inner.authorizations.lock().await.put(scope, authorization.clone());
        accept(url, self.http().send(&call(Some(authorization))).await?).await
    }
}
