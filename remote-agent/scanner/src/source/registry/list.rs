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
                Err(error) if !names.is_empty() && error.is_refusal() => {
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

/// The page that `Link: <…>; rel="next"` names. Registries behind a proxy name it at the address
/// that they know themselves by, and without what the proxy puts in front of their paths: it is
/// asked for where the page before it was.
pub(super) fn next_page(url: &str, headers: &HeaderMap) -> Option<String> {
    let links = headers.get_all(header::LINK).iter().filter_map(|links| links.to_str().ok());
    let target = links.flat_map(|links| links.split('<').skip(1)).find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        is_next(parameters).then_some(target)
    })?;
    let mut next = Url::parse(url).ok()?;
    let target = next.join(target).ok()?;
    if !next.path().ends_with(target.path()) {
        next.set_path(target.path());
    }
    next.set_query(target.query());
    Some(next.to_string())
}

fn is_next(parameters: &str) -> bool {
    let plain = parameters.to_ascii_lowercase().replace(' ', "");
    ["rel=\"next\"", "rel='next'", "rel=next"].iter().any(|rel| plain.contains(rel))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn next(links: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for link in links {
            headers.append(header::LINK, HeaderValue::from_static(link));
        }
        next_page("https://registry.example/v2/a/b/tags/list?n=2", &headers)
    }

    #[test]
    fn the_next_page_is_on_the_host_that_was_asked() {
        let expected = Some("https://registry.example/v2/a/b/tags/list?last=v2&n=2".to_owned());
        for links in [
            &["</v2/a/b/tags/list?last=v2&n=2>; rel=\"next\""][..],
            &["<?last=v2&n=2>; rel=next"],
            &["<https://registry.example/v2/a/b/tags/list?last=v2&n=2>;rel='next'"],
            &["<http://10.0.0.7:5000/v2/a/b/tags/list?last=v2&n=2>; Rel = \"next\""],
            &["</v2/a/b/tags/list?n=2>; rel=\"first\", <?last=v2&n=2>; rel=\"next\""],
            &["</v2/a/b/tags/list?n=2>; rel=\"prev\"", "<?last=v2&n=2>; rel=\"next\""],
        ] {
            assert_eq!(next(links), expected, "{links:?}");
        }
        assert_eq!(
            next(&["<?last=a,b>; rel=\"next\""]).as_deref(),
            Some("https://registry.example/v2/a/b/tags/list?last=a,b")
        );
        let mut headers = HeaderMap::new();
        let link = HeaderValue::from_static("</v2/_catalog?last=a&n=2>; rel=\"next\"");
        headers.append(header::LINK, link);
        assert_eq!(
            next_page("https://example.com/registry/v2/_catalog?n=2", &headers).as_deref(),
            Some("https://example.com/registry/v2/_catalog?last=a&n=2")
        );
        for links in [&[][..], &["</v2/a/b/tags/list?n=2>; rel=\"last\""], &["nonsense"]] {
            assert_eq!(next(links), None, "{links:?}");
        }
    }
}
