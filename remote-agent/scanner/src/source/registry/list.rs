//! Listing of repositories and tags.

use http::{HeaderMap, header};
use serde::Deserialize;
use url::Url;

use super::client::{RegistryClient, body};
use super::error::RegistryError;
use crate::source::reference::{is_repository, is_tag};

/// Bytes of one page of a list.
const PAGE_BYTES: u64 = 8 << 20;
/// Names asked for in one page.
const PAGE: usize = 1000;

#[derive(Deserialize)]
struct Page {
    #[serde(alias = "tags")]
    repositories: Option<Vec<String>>,
}

impl RegistryClient {
    /// Names of the registry's repositories, at most `limit`. Names that are
    /// none are left out.
    pub async fn repositories(&self, limit: usize) -> Result<Vec<String>, RegistryError> {
        let mut names = self.list("_catalog", "registry:catalog:*", limit).await?;
        names.retain(|name| is_repository(name));
        Ok(names)
    }

    /// Tags of a repository, at most `limit`. Names that are none are left
    /// out.
    pub async fn tags(&self, repository: &str, limit: usize) -> Result<Vec<String>, RegistryError> {
        if !is_repository(repository) {
            return Err(RegistryError::NotFound { url: self.endpoint("") });
        }
        let scope = format!("repository:{repository}:pull");
        let mut tags = self.list(&format!("{repository}/tags/list"), &scope, limit).await?;
        tags.retain(|tag| is_tag(tag));
        Ok(tags)
    }

    async fn list(
        &self,
        path: &str,
        scope: &str,
        limit: usize,
    ) -> Result<Vec<String>, RegistryError> {
        let mut url = format!("{}?n={}", self.endpoint(path), PAGE.min(limit.max(1)));
        let mut names: Vec<String> = Vec::new();
        // Each page must bring something new, so a circle of links ends.
        for _ in 0..=limit {
            let response = self.get(&url, scope, &HeaderMap::new()).await?;
            let next = self.next_page(&url, response.headers());
            let bytes = body(&url, response, PAGE_BYTES).await?;
            let page: Page = serde_json::from_slice(&bytes).map_err(|error| {
                RegistryError::Malformed { url: url.clone(), reason: error.to_string() }
            })?;
            let page = page.repositories.unwrap_or_default();
            let nothing = page.is_empty();
            names.extend(page);
            names.truncate(limit);
            match next {
                Some(next) if !nothing && names.len() < limit && next != url => url = next,
                _ => break,
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// The page that `Link: <…>; rel="next"` names, on the same registry.
    fn next_page(&self, url: &str, headers: &HeaderMap) -> Option<String> {
        let link = headers.get(header::LINK)?.to_str().ok()?;
        if !link.contains("rel=\"next\"") && !link.contains("rel=next") {
            return None;
        }
        let target = link.split_once('<')?.1.split_once('>')?.0;
        let next = Url::parse(url).ok()?.join(target).ok()?;
        (next.origin() == self.url().origin()).then(|| next.to_string())
    }
}
