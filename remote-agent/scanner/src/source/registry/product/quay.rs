//! Quay: its API lists a namespace, and tells when tags came.

use async_trait::async_trait;
use chrono::DateTime;
use palisade_api::Digest;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::settings::RegistrySettings;
use super::{MOST_PAGES, PAGE, Product, Tag, at, encoded, orgs};
use crate::source::registry::access::Credentials;
use crate::source::registry::auth::Login;
use crate::source::registry::client::RegistryClient;
use crate::source::registry::error::RegistryError;
use crate::source::registry::filter::Filter;
use crate::source::registry::http::{Call, Http};
use crate::source::registry::list::PAGE_BYTES;

#[derive(Debug)]
pub(super) struct Quay {
    api: Url,
    /// For the registry: a robot account, or a user.
    credentials: Option<Credentials>,
    /// For the API.
    token: Option<SecretString>,
}

#[derive(Deserialize)]
struct Repositories {
    repositories: Vec<Repository>,
    next_page: Option<String>,
}

#[derive(Deserialize)]
struct Repository {
    namespace: String,
    name: String,
}

#[derive(Deserialize)]
struct Tags {
    tags: Vec<QuayTag>,
    #[serde(default)]
    has_additional: bool,
}

#[derive(Deserialize)]
struct QuayTag {
    name: String,
    manifest_digest: Option<String>,
    start_ts: Option<i64>,
}

impl Quay {
    pub(super) fn new(settings: &RegistrySettings) -> Result<Self, RegistryError> {
        let api = settings.api_or(&[], "")?;
        Ok(Self {
            api,
            credentials: settings.access.credentials.clone(),
            token: settings.token.clone(),
        })
    }

    fn call(&self, path: &str) -> Result<Call, RegistryError> {
        let token = self.token.clone().map(Login::Token);
        let header = token.as_ref().map(Login::header).transpose()?;
        Ok(Call::get(at(&self.api, &format!("api/v1/{path}"))).authorized(header))
    }
}

#[async_trait]
impl Product for Quay {
    async fn login(&self, _http: &Http) -> Result<Option<Login>, RegistryError> {
        let token = self
            .token
            .clone()
            .map(|token| Credentials { username: "$oauthtoken".to_owned(), password: token });
        Ok(self.credentials.clone().or(token).map(Login::Password))
    }

    async fn repositories(
        &self,
        client: &RegistryClient,
        wanted: &[Filter],
        limit: usize,
    ) -> Result<Vec<String>, RegistryError> {
        let Some(namespaces) = orgs(wanted) else { return client.catalog(limit).await };
        let mut names = Vec::new();
        for namespace in namespaces {
            let mut next = String::new();
            for _ in 0..MOST_PAGES {
                let path = format!("repository?namespace={}&public=true{next}", encoded(namespace));
                let (page, _): (Repositories, _) =
                    client.http().json(&self.call(&path)?, PAGE_BYTES).await?;
                let nothing = page.repositories.is_empty();
                names.extend(
                    page.repositories.into_iter().map(|r| format!("{}/{}", r.namespace, r.name)),
                );
                match page.next_page.filter(|_| !nothing && names.len() < limit) {
                    Some(token) => next = format!("&next_page={}", encoded(&token)),
                    None => break,
                }
            }
        }
        names.truncate(limit);
        Ok(names)
    }

    async fn tags(
        &self,
        client: &RegistryClient,
        repository: &str,
        limit: usize,
    ) -> Result<Vec<Tag>, RegistryError> {
        let mut all = Vec::new();
        for page in 1..=MOST_PAGES {
            let path = format!(
                "repository/{repository}/tag/?onlyActiveTags=true&limit={PAGE}&page={page}"
            );
            let found: Result<(Tags, _), _> =
                client.http().json(&self.call(&path)?, PAGE_BYTES).await;
            let found = match found {
                Ok((found, _)) => found,
                // A robot account opens the registry and not the API.
                Err(RegistryError::Unauthorized { .. } | RegistryError::NotFound { .. })
                    if page == 1 =>
                {
                    return client.plain_tags(repository, limit).await;
                }
                Err(error) => return Err(error),
            };
            let last = !found.has_additional || found.tags.is_empty();
            all.extend(found.tags.into_iter().map(|tag| Tag {
                created: tag.start_ts.and_then(|at| DateTime::from_timestamp(at, 0)),
                digest: tag.manifest_digest.and_then(|digest| Digest::from_oci(&digest).ok()),
                ..Tag::named(tag.name)
            }));
            if last || all.len() >= limit {
                break;
            }
        }
        all.truncate(limit);
        Ok(all)
    }
}
