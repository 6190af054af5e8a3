//! GitHub's registry: its packages API lists those of an owner.

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::settings::RegistrySettings;
use super::{MOST_PAGES, PAGE, Product, Tag, at, encoded, orgs};
use crate::source::registry::access::Credentials;
use crate::source::registry::auth::Login;
use crate::source::registry::client::RegistryClient;
use crate::source::registry::error::RegistryError;
use crate::source::registry::filter::Filter;
use crate::source::registry::http::{Call, Http};
use crate::source::registry::list::{PAGE_BYTES, next_page};

#[derive(Debug)]
pub(super) struct Github {
    api: Url,
    credentials: Option<Credentials>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

#[derive(Deserialize)]
struct Version {
    /// The digest.
    name: String,
    updated_at: Option<String>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    container: Option<Container>,
}

#[derive(Deserialize)]
struct Container {
    #[serde(default)]
    tags: Vec<String>,
}

impl Github {
    pub(super) fn new(settings: &RegistrySettings) -> Result<Self, RegistryError> {
        let api = settings.api_or(&["ghcr.io"], "https://api.github.com/")?;
        Ok(Self { api, credentials: settings.credentials("token") })
    }

    /// Reads all pages of what an owner has, who may be an organisation or a
    /// user.
    async fn pages<T: DeserializeOwned>(
        &self,
        client: &RegistryClient,
        owner: &str,
        path: &str,
        limit: usize,
    ) -> Result<Vec<T>, RegistryError> {
        let owner = encoded(owner);
        let organisation = at(&self.api, &format!("orgs/{owner}/{path}"));
        match self.pages_at(client, organisation, limit).await {
            Err(RegistryError::NotFound { .. }) => {
                let user = at(&self.api, &format!("users/{owner}/{path}"));
                self.pages_at(client, user, limit).await
            }
            result => result,
        }
    }

    async fn pages_at<T: DeserializeOwned>(
        &self,
        client: &RegistryClient,
        mut url: String,
        limit: usize,
    ) -> Result<Vec<T>, RegistryError> {
        let token = self.credentials.clone().map(|known| Login::Token(known.password));
        let token = token.as_ref().map(Login::header).transpose()?;
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
            let call = Call { headers, ..Call::get(&*url) }.authorized(token.clone());
            let (page, headers): (Vec<T>, _) = client.http().json(&call, PAGE_BYTES).await?;
            all.extend(page);
            match next_page(&url, &headers) {
                Some(next) if all.len() < limit => url = next,
                _ => break,
            }
        }
        all.truncate(limit);
        Ok(all)
    }
}

#[async_trait]
impl Product for Github {
    async fn login(&self, _http: &Http) -> Result<Option<Login>, RegistryError> {
        Ok(self.credentials.clone().map(Login::Password))
    }

    async fn repositories(
        &self,
        client: &RegistryClient,
        wanted: &[Filter],
        limit: usize,
    ) -> Result<Vec<String>, RegistryError> {
        let owners = orgs(wanted).ok_or_else(|| {
            RegistryError::Settings(
                "each filter of a GitHub registry must name the owner, as in owner/*".to_owned(),
            )
        })?;
        let mut names = Vec::new();
        for owner in owners {
            let path = format!("packages?package_type=container&per_page={PAGE}");
            let found: Vec<Package> = self.pages(client, owner, &path, limit - names.len()).await?;
            names.extend(found.into_iter().map(|package| format!("{owner}/{}", package.name)));
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
        let Some((owner, name)) = repository.split_once('/') else {
            return client.plain_tags(repository, limit).await;
        };
        let path = format!("packages/container/{}/versions?per_page={PAGE}", encoded(name));
        let versions: Vec<Version> = match self.pages(client, owner, &path, limit).await {
            Ok(versions) => versions,
            // Without a token the API tells nothing, the registry does.
            Err(RegistryError::NotFound { .. } | RegistryError::Unauthorized { .. }) => {
                return client.plain_tags(repository, limit).await;
            }
            Err(error) => return Err(error),
        };
        let mut all = Vec::new();
        for version in versions {
            let container = version.metadata.and_then(|metadata| metadata.container);
            for tag in container.map(|container| container.tags).unwrap_or_default() {
                all.push(Tag::told(tag, version.updated_at.as_deref(), Some(&version.name)));
            }
        }
        Ok(all)
    }
}
