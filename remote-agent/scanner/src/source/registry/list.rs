//! Listing of repositories and tags.

use http::{HeaderMap, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
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
    /// most `limit`. Names that are none are left out.
    pub async fn repositories(
        &self,
        wanted: &[Filter],
        limit: usize,
    ) -> Result<Vec<String>, RegistryError> {
        let mut names = self.product().repositories(self, wanted, limit).await?;
        names.retain(|name| {
            is_repository(name) && wanted.iter().any(|filter| filter.admits_repository(name))
        });
        names.sort();
        names.dedup();
        names.truncate(limit);
        Ok(names)
    }

    /// Tags of a repository, at most `limit`. Names that are none are left
    /// out.
    pub async fn tags(&self, repository: &str, limit: usize) -> Result<Vec<Tag>, RegistryError> {
        if !is_repository(repository) {
            return Err(RegistryError::NotFound { url: self.endpoint("") });
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
        let path = format!("{repository}/tags/list");
        let url = format!("{}?n={}", self.endpoint(&path), PAGE.min(limit.max(1)));
        let page = |page: Tags| page.tags.unwrap_or_default();
        let mut names =
            self.pages(url, &format!("repository:{repository}:pull"), limit, page).await?;
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
