//! Requests to one registry that want to know who asks.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::Response;
use tokio::sync::Mutex;
use url::Url;

use super::access::{Credentials, RegistryAccess};
use super::auth::{Authorizations, Login};
use super::challenge::Challenge;
use super::error::RegistryError;
use super::http::{Call, Http, accept, body, detail, shown};
use super::patience::RateLimit;
use super::product::{Product, RegistryKind, RegistrySettings, product};

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
    /// A client of a registry of which nothing is known but its address;
    /// nothing is sent yet.
    pub fn new(access: RegistryAccess) -> Result<Self, RegistryError> {
        Self::connect(RegistrySettings::new(RegistryKind::Docker, access))
    }

    /// A client of a registry of a known kind; nothing is sent yet.
    pub fn connect(mut settings: RegistrySettings) -> Result<Self, RegistryError> {
        let product = product(&mut settings)?;
        let access = settings.access;
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

    /// What somebody else needs to pull the images of a repository for a
    /// while, and the repository's name there: whatever the kind of the
    /// registry, this is plain access.
    pub async fn pull_access(
        &self,
        repository: &str,
    ) -> Result<(RegistryAccess, String), RegistryError> {
        let (url, name) = self.product().place(self.url(), repository);
        let credentials = match self.login().await? {
            Some(Login::Password(credentials)) => Some(credentials),
            Some(Login::Token(token)) => {
                Some(Credentials { username: "token".to_owned(), password: token })
            }
            None => None,
        };
        Ok((RegistryAccess { url, credentials, ..self.access().clone() }, name.to_owned()))
    }

    /// Who asks, now.
    pub(super) async fn login(&self) -> Result<Option<Login>, RegistryError> {
        self.product().login(self.http()).await
    }

    /// The URL of `path` below `/v2/` of the registry itself.
    pub(super) fn endpoint(&self, path: &str) -> String {
        format!("{}v2/{path}", self.inner.access.url)
    }

    /// The URL of `path` below a repository.
    pub(super) fn endpoint_of(&self, repository: &str, path: &str) -> String {
        let (base, name) = self.product().place(self.url(), repository);
        format!("{base}v2/{name}/{path}")
    }

    /// The scope of a token that reads a repository.
    pub(super) fn scope_of(&self, repository: &str) -> String {
        let (_, name) = self.product().place(self.url(), repository);
        format!("repository:{name}:pull")
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
