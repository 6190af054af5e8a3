//! Listing of repositories and tags.

use http::{HeaderMap, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tracing::debug;
use url::Url;

use super::client::RegistryClient;
use super::error::RegistryError;
use super::filter::Filter;
use super::http::parse;
use super::product::Tag;
use crate::source::reference::{is_repository, is_tag};

/// Bytes of one page of a list.
pub(super) const PAGE_BYTES: u64 = 8 << 20;
/// Names asked for in one page.
const PAGE: usize = 1000;

#[derive(Deserialize)]
struct Catalog {
    repositories: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<String>>,
}

impl RegistryClient {
    /// Names of the registry's repositories that one of `wanted` admits, at
    /// most `limit`. Names that are none are left out. One that a filter names
    /// without a pattern is not looked for, and need not exist.
    pub async fn repositories(
        &self,
        wanted: &[Filter],
        limit: usize,
    ) -> Result<Vec<String>, RegistryError> {
        let mut names: Vec<String> = wanted
            .iter()
            .filter_map(|filter| Some(self.product().named(filter.repository()?)))
            .collect();
        if names.len() < wanted.len() {
            match self.product().repositories(self, wanted, limit).await {
                Ok(found) => names.extend(found),
                // Many registries have no catalog, or not for everybody.
                Err(error) if !names.is_empty() && has_no_catalog(&error) => {
                    debug!(%error, "the registry gives no list of its repositories");
                }
                Err(error) => return Err(error),
            }
        }
        names.retain(|name| is_repository(name) && self.admits(wanted, name, None));
        names.sort();
        names.dedup();
        names.truncate(limit);
        Ok(names)
    }

    /// Whether one of `wanted` admits the repository, or its `tag`. Products
    /// have their ways of naming repositories.
    pub fn admits(&self, wanted: &[Filter], repository: &str, tag: Option<&str>) -> bool {
        let name = self.product().filtered(repository);
        wanted.iter().any(|filter| {
            (filter.admits_repository(name) || filter.admits_repository(repository))
                && tag.is_none_or(|tag| filter.admits_tag(tag))
        })
    }

    /// Tags of a repository, at most `limit`. Names that are none are left
    /// out.
    pub async fn tags(&self, repository: &str, limit: usize) -> Result<Vec<Tag>, RegistryError> {
        if !is_repository(repository) {
            return Err(RegistryError::NotFound { url: self.url().to_string() });
        }
        let mut tags = self.product().tags(self, repository, limit).await?;
        tags.retain(|tag| is_tag(&tag.name));
        tags.truncate(limit);
        Ok(tags)
    }

    /// The catalog of the distribution API.
    pub(super) async fn catalog(&self, limit: usize) -> Result<Vec<String>, RegistryError> {
        let url = format!("{}?n={}", self.endpoint("_catalog"), PAGE.min(limit.max(1)));
        let page = |page: Catalog| page.repositories.unwrap_or_default();
        self.pages(url, "registry:catalog:*", limit, page).await
    }

    /// The tags that the distribution API tells of.
    pub(super) async fn plain_tags(
        &self,
        repository: &str,
        limit: usize,
    ) -> Result<Vec<Tag>, RegistryError> {
        let url = self.endpoint_of(repository, "tags/list");
        let url = format!("{url}?n={}", PAGE.min(limit.max(1)));
        let page = |page: Tags| page.tags.unwrap_or_default();
        let mut names = self.pages(url, &self.scope_of(repository), limit, page).await?;
        names.sort();
        names.dedup();
        Ok(names.into_iter().map(Tag::named).collect())
    }

    /// Reads pages that name the next one in a `Link` header.
    pub(super) async fn pages<P: DeserializeOwned, T>(
        &self,
        mut url: String,
        scope: &str,
        limit: usize,
        items: impl Fn(P) -> Vec<T>,
    ) -> Result<Vec<T>, RegistryError> {
        let mut all: Vec<T> = Vec::new();
        // Each page must bring something new, so a circle of links ends.
        for _ in 0..=limit {
            let (bytes, headers) = self.whole(&url, scope, &HeaderMap::new(), PAGE_BYTES).await?;
            let next = next_page(&url, &headers);
            let page = parse::<P>(&url, &bytes)?;
            let page = items(page);
            let nothing = page.is_empty();
            all.extend(page);
            all.truncate(limit);
            match next {
                Some(next) if !nothing && all.len() < limit && next != url => url = next,
                _ => break,
            }
        }
        Ok(all)
    }
}

/// Whether a refusal is about the list, and not about the registry.
fn has_no_catalog(error: &RegistryError) -> bool {
    match error {
        RegistryError::NotFound { .. } | RegistryError::Unauthorized { .. } => true,
        RegistryError::Status { status, .. } => status.is_client_error(),
        _ => false,
    }
}

/// The page that `Link: <…>; rel="next"` names, on the same host.
pub(super) fn next_page(url: &str, headers: &HeaderMap) -> Option<String> {
    let links = headers.get(header::LINK)?.to_str().ok()?;
    let link = links.split(',').find(|link| {
        ["rel=\"next\"", "rel='next'", "rel=next"].iter().any(|rel| link.contains(rel))
    })?;
    let target = link.split_once('<')?.1.split_once('>')?.0;
    let url = Url::parse(url).ok()?;
    let next = url.join(target).ok()?;
    (next.origin() == url.origin()).then(|| next.to_string())
}
