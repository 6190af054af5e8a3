//! Harbor: projects, their repositories and artifacts.

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::settings::RegistrySettings;
use super::{MOST_PAGES, PAGE, Product, Tag, at, encoded, orgs, time};
use crate::source::registry::access::Credentials;
use crate::source::registry::auth::Login;
use crate::source::registry::client::RegistryClient;
use crate::source::registry::error::RegistryError;
use crate::source::registry::filter::Filter;
use crate::source::registry::http::{Call, Http};
use crate::source::registry::list::PAGE_BYTES;

#[derive(Debug)]
pub(super) struct Harbor {
    api: Url,
    credentials: Option<Credentials>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Artifact {
    #[serde(rename = "type")]
    kind: Option<String>,
    digest: Option<String>,
    push_time: Option<String>,
    tags: Option<Vec<HarborTag>>,
}

#[derive(Deserialize)]
struct HarborTag {
    name: String,
    push_time: Option<String>,
}

impl Harbor {
    pub(super) fn new(settings: &RegistrySettings) -> Self {
        let api = settings.api.clone().unwrap_or_else(|| settings.access.url.clone());
        Self { api, credentials: settings.credentials("token") }
    }

    async fn pages<T: DeserializeOwned>(
        &self,
        client: &RegistryClient,
        path: &str,
        limit: usize,
    ) -> Result<Vec<T>, RegistryError> {
        let login = self.login(client.http()).await?;
        let header = login.as_ref().map(Login::header).transpose()?;
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut all = Vec::new();
        for page in 1..=MOST_PAGES {
            let url = at(&self.api, &format!("api/v2.0/{path}{joint}page={page}&page_size={PAGE}"));
            let call = Call::get(url).authorized(header.clone());
            let (found, _): (Vec<T>, _) = client.http().json(&call, PAGE_BYTES).await?;
            let last = found.len() < PAGE;
            all.extend(found);
            if last || all.len() >= limit {
                break;
            }
        }
        all.truncate(limit);
        Ok(all)
    }
}

#[async_trait]
impl Product for Harbor {
    async fn login(&self, _http: &Http) -> Result<Option<Login>, RegistryError> {
        Ok(self.credentials.clone().map(Login::Password))
    }

    async fn repositories(
        &self,
        client: &RegistryClient,
        wanted: &[Filter],
        limit: usize,
    ) -> Result<Vec<String>, RegistryError> {
        let projects: Vec<String> = match orgs(wanted) {
            Some(orgs) => orgs.into_iter().map(str::to_owned).collect(),
            None => match self.pages::<Named>(client, "projects", limit).await {
                Ok(projects) => projects.into_iter().map(|project| project.name).collect(),
                // Before version 2 the API was another.
                Err(RegistryError::NotFound { .. }) => return client.catalog(limit).await,
                Err(error) => return Err(error),
            },
        };
        let mut names = Vec::new();
        for project in projects {
            let path = format!("projects/{}/repositories", encoded(&project));
            let found: Vec<Named> = self.pages(client, &path, limit - names.len()).await?;
            names.extend(found.into_iter().map(|repository| repository.name));
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
        let Some((project, name)) = repository.split_once('/') else {
            return client.plain_tags(repository, limit).await;
        };
        // A slash in a repository's name is encoded twice.
        let name = encoded(&encoded(name));
        let path =
            format!("projects/{}/repositories/{name}/artifacts?with_tag=true", encoded(project));
        let artifacts: Vec<Artifact> = match self.pages(client, &path, limit).await {
            Ok(artifacts) => artifacts,
            Err(RegistryError::NotFound { .. }) => {
                return client.plain_tags(repository, limit).await;
            }
            Err(error) => return Err(error),
        };
        let mut all = Vec::new();
        for artifact in artifacts {
            // Charts and signatures are no images.
            if artifact.kind.is_some_and(|kind| kind != "IMAGE") {
                continue;
            }
            for tag in artifact.tags.unwrap_or_default() {
                let pushed = tag.push_time.as_deref().or(artifact.push_time.as_deref());
                all.push(Tag {
                    created: pushed.and_then(time),
                    ..Tag::told(tag.name, None, artifact.digest.as_deref())
                });
            }
        }
        Ok(all)
    }
}
