//! What differs from product to product: logging in, and listing.
//!
//! One file a product. Where a registry is not at its product's well-known
//! address, its API is looked for at the registry's own.

mod artifactory;
mod aws;
mod azure;
mod docker_hub;
mod github;
mod gitlab;
mod google;
mod harbor;
mod ibm;
mod openshift;
mod quay;
mod settings;

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use palisade_api::Digest;
use tokio::time::Instant;
use url::Url;

use super::access::Credentials;
use super::auth::Login;
use super::client::RegistryClient;
use super::error::RegistryError;
use super::filter::Filter;
use super::http::Http;

pub(super) use settings::product;
pub use settings::{ArtifactoryMode, AwsAccess, RegistryKind, RegistrySettings};

/// Items asked for in one page of a product's own lists.
const PAGE: usize = 100;
/// Pages of one list, whatever the product says.
const MOST_PAGES: usize = 1_000;

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

    fn told(name: impl Into<String>, created: Option<&str>, digest: Option<&str>) -> Self {
        Self {
            name: name.into(),
            created: created.and_then(time),
            digest: digest.and_then(|digest| Digest::from_oci(digest).ok()),
        }
    }
}

/// How one product is logged into and listed. What it does not say is as the
/// distribution API has it.
#[async_trait]
pub(super) trait Product: Debug + Send + Sync {
    /// Who asks. What runs out is renewed here.
    async fn login(&self, http: &Http) -> Result<Option<Login>, RegistryError>;

    /// Where the distribution API of a repository is, above `v2/`, and the
    /// repository's name there.
    fn place<'a>(&self, url: &Url, repository: &'a str) -> (Url, &'a str) {
        (url.clone(), repository)
    }

    /// The name that filters look at.
    fn filtered<'a>(&self, repository: &'a str) -> &'a str {
        repository
    }

    /// The name of a repository that a filter names without a pattern.
    fn named(&self, filtered: String) -> String {
        filtered
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

/// A registry that is as the distribution API says: Docker's own, Nexus, and
/// Red Hat's.
#[derive(Debug)]
pub(super) struct Plain(pub(super) Option<Credentials>);

#[async_trait]
impl Product for Plain {
    async fn login(&self, _http: &Http) -> Result<Option<Login>, RegistryError> {
        Ok(self.0.clone().map(|known| match known.username.as_str() {
            Credentials::BEARER => Login::Token(known.password),
            _ => Login::Password(known),
        }))
    }
}

/// A login that is fetched anew before it runs out.
#[derive(Debug, Default)]
struct Renewed(Mutex<Option<(Login, Instant)>>);

impl Renewed {
    /// The login, if it lasts for a while.
    fn get(&self) -> Option<Login> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(_, until)| *until > Instant::now()).map(|(login, _)| login.clone())
    }

    /// Keeps a login for nine tenths of its `life`.
    fn keep(&self, login: &Login, life: Duration) {
        if let Some(until) = Instant::now().checked_add(life / 10 * 9) {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *kept = Some((login.clone(), until));
        }
    }
}

/// Tags that came with the list of repositories.
#[derive(Debug, Default)]
struct Listed(Mutex<HashMap<String, Vec<Tag>>>);

impl Listed {
    fn replace(&self, tags: HashMap<String, Vec<Tag>>) -> Vec<String> {
        let names = tags.keys().cloned().collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = tags;
        names
    }

    fn tags(&self, repository: &str, limit: usize) -> Option<Vec<Tag>> {
        let listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listed.get(repository).map(|tags| tags.iter().take(limit).cloned().collect())
    }
}

/// The first parts of names that the filters give; none when one of them is
/// open to any.
fn orgs(wanted: &[Filter]) -> Option<Vec<&str>> {
    let mut orgs = wanted.iter().map(Filter::org).collect::<Option<Vec<_>>>()?;
    orgs.sort_unstable();
    orgs.dedup();
    Some(orgs)
}

/// The URL of `path` below `base`. A base path stays before it.
fn at(base: &Url, path: &str) -> String {
    format!("{}/{}", base.as_str().trim_end_matches('/'), path.trim_start_matches('/'))
}

/// `part` as one component of a path or value of a query.
fn encoded(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push_str(&hex::encode_upper([byte]));
        }
    }
    text
}

/// A time as RFC 3339 has it.
fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(Into::into)
}

/// The API of a product: at `well_known` when the registry's host is one of
/// `hosts`, else at the registry itself.
fn api(url: &Url, hosts: &[&str], well_known: &str) -> Result<Url, RegistryError> {
    if url.host_str().is_some_and(|host| hosts.contains(&host)) {
        return address(well_known);
    }
    Ok(url.clone())
}

/// An address of a product's service.
fn address(text: &str) -> Result<Url, RegistryError> {
    Url::parse(text)
        .map_err(|error| RegistryError::Address { url: text.to_owned(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_urls() {
        assert_eq!(encoded("shop/or ders"), "shop%2For%20ders");
        let base = address("https://host/base/").unwrap();
        assert_eq!(at(&base, "/api"), "https://host/base/api");
    }

    #[test]
    fn orgs_are_known_when_every_filter_tells() {
        let filters = |all: &[&str]| -> Vec<Filter> {
            all.iter().map(|text| Filter::parse(text).unwrap()).collect()
        };
        assert_eq!(orgs(&filters(&["a/*", "b/x", "a/y"])), Some(vec!["a", "b"]));
        assert_eq!(orgs(&filters(&["a/*", "*"])), None);
    }
}
