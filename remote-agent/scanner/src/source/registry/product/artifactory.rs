//! JFrog Artifactory: each of its Docker repositories is a registry of its
//! own, told apart by path, by host, or by port.

use std::collections::HashMap;

use async_trait::async_trait;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::settings::{ArtifactoryMode, RegistrySettings};
use super::{Listed, MOST_PAGES, Product, Tag, at, encoded, orgs, time};
use crate::source::registry::access::Credentials;
use crate::source::registry::auth::Login;
use crate::source::registry::client::RegistryClient;
use crate::source::registry::error::RegistryError;
use crate::source::registry::filter::Filter;
use crate::source::registry::http::{Call, Http};
use crate::source::registry::list::{PAGE_BYTES, next_page};

/// Bytes of an answer in its query language, which has no pages of its own.
const QUERY_BYTES: u64 = 32 << 20;
/// Manifests asked for in one query.
const QUERY_ITEMS: usize = 10_000;

#[derive(Debug)]
pub(super) struct Artifactory {
    mode: ArtifactoryMode,
    query: bool,
    api: Url,
    credentials: Option<Credentials>,
    token: Option<SecretString>,
    listed: Listed,
}

#[derive(Deserialize)]
struct Repository {
    key: String,
    #[serde(rename = "packageType")]
    package_type: Option<String>,
}

#[derive(Deserialize)]
struct Catalog {
    repositories: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Found {
    results: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    repo: String,
    /// The image and its tag.
    path: String,
    modified: Option<String>,
}

impl Artifactory {
    pub(super) fn new(settings: &RegistrySettings) -> Self {
        let api = settings.api.clone().unwrap_or_else(|| settings.access.url.clone());
        Self {
            mode: settings.artifactory_mode,
            query: settings.artifactory_query,
            api,
            credentials: settings.access.credentials.clone(),
            token: settings.token.clone(),
            listed: Listed::default(),
        }
    }

    fn call(&self, path: &str) -> Result<Call, RegistryError> {
        let login = match &self.token {
            Some(token) => Some(Login::Token(token.clone())),
            None => self.credentials.clone().map(Login::Password),
        };
        let header = login.as_ref().map(Login::header).transpose()?;
        Ok(Call::get(at(&self.api, &format!("artifactory/api/{path}"))).authorized(header))
    }

    /// The names of its Docker repositories.
    async fn keys(
        &self,
        client: &RegistryClient,
        wanted: &[Filter],
    ) -> Result<Vec<String>, RegistryError> {
        if let Some(orgs) = orgs(wanted) {
            return Ok(orgs.into_iter().map(str::to_owned).collect());
        }
        let call = self.call("repositories?packageType=docker")?;
        let (found, _): (Vec<Repository>, _) = client.http().json(&call, PAGE_BYTES).await?;
        let docker = |kind: &str| kind.eq_ignore_ascii_case("docker");
        Ok(found
            .into_iter()
            .filter(|repository| repository.package_type.as_deref().is_none_or(docker))
            .map(|repository| repository.key)
            .collect())
    }

    /// The images of one repository, by the API that every mode has.
    async fn images(
        &self,
        client: &RegistryClient,
        key: &str,
        limit: usize,
    ) -> Result<Vec<String>, RegistryError> {
        let first = self.call(&format!("docker/{}/v2/_catalog?n=1000", encoded(key)))?;
        let mut names = Vec::new();
        let mut call = first;
        for _ in 0..MOST_PAGES {
            let (page, headers): (Catalog, _) = client.http().json(&call, PAGE_BYTES).await?;
            let page = page.repositories.unwrap_or_default();
            let nothing = page.is_empty();
            names.extend(page.into_iter().map(|name| format!("{key}/{name}")));
            match next_page(&call.url, &headers) {
                Some(next) if !nothing && names.len() < limit => call.url = next,
                _ => break,
            }
        }
        names.truncate(limit);
        Ok(names)
    }

    /// All images with their tags and times, in one query.
    async fn all(
        &self,
        client: &RegistryClient,
        wanted: &[Filter],
    ) -> Result<Vec<String>, RegistryError> {
        let mut tags: HashMap<String, Vec<Tag>> = HashMap::new();
        for key in self.keys(client, wanted).await? {
            // What stands in quotes must not end them.
            if key.contains(['"', '\\']) {
                continue;
            }
            let query = format!(
                "items.find({{\"repo\":\"{key}\",\"name\":\"manifest.json\"}})\
                 .include(\"repo\",\"path\",\"modified\")\
                 .sort({{\"$desc\":[\"modified\"]}}).limit({QUERY_ITEMS})"
            );
            let header = self.call("search/aql")?;
            let call = Call {
                headers: header.headers,
                ..Call::post(header.url, "text/plain", query.into())
            };
            let (found, _): (Found, _) = client.http().json(&call, QUERY_BYTES).await?;
            for item in found.results {
                if let Some((image, tag)) = item.path.rsplit_once('/') {
                    let created = item.modified.as_deref().and_then(time);
                    let tag = Tag { created, ..Tag::named(tag) };
                    tags.entry(format!("{}/{image}", item.repo)).or_default().push(tag);
                }
            }
        }
        Ok(self.listed.replace(tags))
    }
}

#[async_trait]
impl Product for Artifactory {
    async fn login(&self, _http: &Http) -> Result<Option<Login>, RegistryError> {
        let Some(token) = &self.token else {
            return Ok(self.credentials.clone().map(Login::Password));
        };
        // The registry takes the token as a password; the user may be any.
        let user = self.credentials.as_ref().map(|known| known.username.clone());
        let username = user.unwrap_or_else(|| "token".to_owned());
        Ok(Some(Login::Password(Credentials { username, password: token.clone() })))
    }

    fn place<'a>(&self, url: &Url, repository: &'a str) -> (Url, &'a str) {
        if self.mode == ArtifactoryMode::Subdomain
            && let Some((key, name)) = repository.split_once('/')
            && let Some(host) = url.host_str()
        {
            let mut url = url.clone();
            let prefix = format!("{key}.");
            let host = if host.starts_with(&prefix) { host.to_owned() } else { prefix + host };
            if url.set_host(Some(&host)).is_ok() {
                return (url, name);
            }
        }
        (url.clone(), repository)
    }

    async fn repositories(
        &self,
        client: &RegistryClient,
        wanted: &[Filter],
        limit: usize,
    ) -> Result<Vec<String>, RegistryError> {
        // A port stands for one repository, which is not part of the names.
        if self.mode == ArtifactoryMode::Port {
            return client.catalog(limit).await;
        }
        if self.query {
            return self.all(client, wanted).await;
        }
        let mut names = Vec::new();
        for key in self.keys(client, wanted).await? {
            let found = match self.images(client, &key, limit - names.len()).await {
                Ok(found) => found,
                // A repository that is closed to us, or of another kind.
                Err(RegistryError::NotFound { .. } | RegistryError::Unauthorized { .. }) => {
                    continue;
                }
                Err(error) => return Err(error),
            };
            names.extend(found);
            if names.len() >= limit {
                break;
            }
        }
        Ok(names)
    }

    async fn tags(
        &self,
        client: &RegistryClient,
        repository: &str,
        limit: usize,
    ) -> Result<Vec<Tag>, RegistryError> {
        if let Some(tags) = self.listed.tags(repository, limit) {
            return Ok(tags);
        }
        let Some((key, name)) = repository.split_once('/') else {
            return client.plain_tags(repository, limit).await;
        };
        if self.mode == ArtifactoryMode::Port {
            return client.plain_tags(repository, limit).await;
        }
        let call = self.call(&format!("docker/{}/v2/{name}/tags/list", encoded(key)))?;
        let (found, _): (Tags, _) = client.http().json(&call, PAGE_BYTES).await?;
        Ok(found.tags.unwrap_or_default().into_iter().take(limit).map(Tag::named).collect())
    }
}
