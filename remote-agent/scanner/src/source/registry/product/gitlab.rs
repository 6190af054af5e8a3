//! GitLab: the registries of its projects.

use async_trait::async_trait;
use http::{HeaderMap, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::settings::RegistrySettings;
use super::{MOST_PAGES, PAGE, Product, at, encoded, orgs};
use crate::source::registry::access::Credentials;
use crate::source::registry::auth::{Login, sensitive};
use crate::source::registry::client::RegistryClient;
use crate::source::registry::error::RegistryError;
use crate::source::registry::filter::Filter;
use crate::source::registry::http::{Call, Http};
use crate::source::registry::list::{PAGE_BYTES, next_page};

#[derive(Debug)]
pub(super) struct Gitlab {
    api: Url,
    credentials: Option<Credentials>,
    token: Option<SecretString>,
}

#[derive(Deserialize)]
struct Project {
    id: u64,
    /// Absent where the project's registry was never switched.
    container_registry_enabled: Option<bool>,
}

#[derive(Deserialize)]
struct Repository {
    path: String,
}

impl Gitlab {
    pub(super) fn new(settings: &RegistrySettings) -> Result<Self, RegistryError> {
        let api = match &settings.gitlab_url {
            Some(url) => url.clone(),
            None => settings.api_or(&["registry.gitlab.com"], "https://gitlab.com/")?,
        };
        Ok(Self {
            api,
            credentials: settings.credentials("oauth2"),
            token: settings.gitlab_token.clone(),
        })
    }

    async fn pages<T: DeserializeOwned>(
        &self,
        client: &RegistryClient,
        path: &str,
        limit: usize,
    ) -> Result<Vec<T>, RegistryError> {
        let mut headers = HeaderMap::new();
        if let Some(token) = &self.token {
            let token = sensitive(token.expose_secret()).ok_or_else(|| {
                RegistryError::Settings("the private token cannot be sent".to_owned())
            })?;
            headers.insert(header::HeaderName::from_static("private-token"), token);
        }
        let mut url = at(&self.api, &format!("api/v4/{path}"));
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let call = Call { headers: headers.clone(), ..Call::get(&*url) };
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

    /// The projects of groups, or all that the token's owner belongs to.
    async fn projects(
        &self,
        client: &RegistryClient,
        wanted: &[Filter],
        limit: usize,
    ) -> Result<Vec<Project>, RegistryError> {
        let all = format!("projects?membership=true&simple=false&per_page={PAGE}");
        let Some(orgs) = orgs(wanted) else { return self.pages(client, &all, limit).await };
        let mut projects = Vec::new();
        for org in orgs {
            let query = format!("include_subgroups=true&per_page={PAGE}");
            let org = encoded(org);
            let group = format!("groups/{org}/projects?{query}");
            match self.pages(client, &group, limit).await {
                Ok(found) => projects.extend::<Vec<Project>>(found),
                // The name may be that of a user.
                Err(RegistryError::NotFound { .. }) => {
                    let user = format!("users/{org}/projects?per_page={PAGE}");
                    projects.extend::<Vec<Project>>(self.pages(client, &user, limit).await?);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(projects)
    }
}

#[async_trait]
impl Product for Gitlab {
    async fn login(&self, _http: &Http) -> Result<Option<Login>, RegistryError> {
        let own = self.credentials.clone();
        // The token for the API opens the registry as well.
        let token = self
            .token
            .clone()
            .map(|token| Credentials { username: "oauth2".to_owned(), password: token });
        Ok(own.or(token).map(Login::Password))
    }

    async fn repositories(
        &self,
        client: &RegistryClient,
        wanted: &[Filter],
        limit: usize,
    ) -> Result<Vec<String>, RegistryError> {
        let mut names = Vec::new();
        for project in self.projects(client, wanted, limit).await? {
            if project.container_registry_enabled == Some(false) {
                continue;
            }
            let path = format!("projects/{}/registry/repositories?per_page={PAGE}", project.id);
            let found = self.pages::<Repository>(client, &path, limit - names.len()).await;
            let found = match found {
                Ok(found) => found,
                // A project whose registry is off or closed to us.
                Err(RegistryError::NotFound { .. } | RegistryError::Unauthorized { .. }) => {
                    continue;
                }
                Err(error) => return Err(error),
            };
            names.extend(found.into_iter().map(|repository| repository.path));
            if names.len() >= limit {
                break;
            }
        }
        Ok(names)
    }
}
