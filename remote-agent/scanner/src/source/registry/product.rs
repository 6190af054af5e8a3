//! What differs from product to product: logging in, and listing.

use std::fmt::Debug;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use palisade_api::Digest;
use url::Url;

use super::access::Credentials;
use super::auth::Login;
use super::client::RegistryClient;
use super::error::RegistryError;
use super::filter::Filter;
use super::http::Http;

/// A tag of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// When it was put there, where the listing tells.
    pub created: Option<DateTime<Utc>>,
    /// What it leads to, where the listing tells.
    pub digest: Option<Digest>,
}

impl Tag {
    pub(super) fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), created: None, digest: None }
    }
}

/// How one product is logged into and listed. What it does not say is as the
/// distribution API has it.
#[async_trait]
pub(super) trait Product: Debug + Send + Sync {
    /// Who asks. What runs out is renewed here.
    async fn login(&self, http: &Http) -> Result<Option<Login>, RegistryError>;

    /// Where `v2/` is, with a trailing slash.
    fn api_root(&self, url: &Url) -> Url {
        url.clone()
    }

    /// Names of repositories, at most `limit`. Those that no filter admits
    /// may be among them, and are when leaving them out costs requests.
    async fn repositories(
        &self,
        client: &RegistryClient,
        _wanted: &[Filter],
        limit: usize,
    ) -> Result<Vec<String>, RegistryError> {
        client.catalog(limit).await
    }

    /// Tags of a repository, at most `limit`.
    async fn tags(
        &self,
        client: &RegistryClient,
        repository: &str,
        limit: usize,
    ) -> Result<Vec<Tag>, RegistryError> {
        client.plain_tags(repository, limit).await
    }
}

/// A registry of which nothing more is known.
#[derive(Debug)]
pub(super) struct Plain(pub(super) Option<Credentials>);

#[async_trait]
impl Product for Plain {
    async fn login(&self, _http: &Http) -> Result<Option<Login>, RegistryError> {
        Ok(self.0.clone().map(Login::Password))
    }
}
