//! Docker Hub: its registry has no catalog, its own API lists a namespace.

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::settings::RegistrySettings;
use super::{MOST_PAGES, PAGE, Product, Renewed, Tag, address, at, encoded, time};
use crate::source::registry::access::Credentials;
use crate::source::registry::auth::Login;
use crate::source::registry::client::RegistryClient;
use crate::source::registry::error::RegistryError;
use crate::source::registry::filter::Filter;
use crate::source::registry::http::{Call, Http};
use crate::source::registry::list::PAGE_BYTES;

/// The names that people give it.
pub(super) const HOSTS: &[&str] = &[
    "docker.io",
    "www.docker.io",
    "hub.docker.com",
    "index.docker.io",
    "registry.hub.docker.com",
    "registry-1.docker.io",
];
/// The namespace of images that are named without one.
const LIBRARY: &str = "library/";
/// How long its API's tokens are used; they last longer.
const TOKEN_LIFE: std::time::Duration = std::time::Duration::from_mins(10);

#[derive(Debug)]
pub(super) struct DockerHub {
    api: Url,
    credentials: Option<Credentials>,
    token: Renewed,
}

#[derive(Deserialize)]
struct Page<T> {
    #[serde(default)]
    next: Option<String>,
    results: Vec<T>,
}

#[derive(Deserialize)]
struct Repository {
    name: String,
}

#[derive(Deserialize)]
struct HubTag {
    name: String,
    tag_last_pushed: Option<String>,
    last_updated: Option<String>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<SecretString>,
    access_token: Option<SecretString>,
}

impl DockerHub {
    pub(super) fn new(settings: &mut RegistrySettings) -> Result<Self, RegistryError> {
        let api = settings.api_or(HOSTS, "https://hub.docker.com/")?;
        if settings.access.url.host_str().is_some_and(|host| HOSTS.contains(&host)) {
            settings.access.url = address("https://registry-1.docker.io/")?;
        }
        Ok(Self { api, credentials: settings.credentials("token"), token: Renewed::default() })
    }

    /// Who asks at the API, which is not the registry and has its own tokens.
    async fn api_login(&self, http: &Http) -> Result<Option<Login>, RegistryError> {
        let Some(credentials) = &self.credentials else { return Ok(None) };
        if let Some(login) = self.token.get() {
            return Ok(Some(login));
        }
        let body = json!({
            "username": credentials.username,
            "password": credentials.password.expose_secret(),
        });
        let url = at(&self.api, "v2/users/login");
        let call = Call::post(url, "application/json", body.to_string().into());
        let (answer, _): (Token, _) = http.json(&call, PAGE_BYTES).await?;
        let token = answer.token.or(answer.access_token).ok_or_else(|| {
            RegistryError::Malformed { url: call.url, reason: "no token is given".to_owned() }
        })?;
        let login = Login::Token(token);
        self.token.keep(&login, TOKEN_LIFE);
        Ok(Some(login))
    }

    /// Reads all pages; each names the next one.
    async fn pages<T: serde::de::DeserializeOwned>(
        &self,
        client: &RegistryClient,
        path: &str,
        limit: usize,
    ) -> Result<Vec<T>, RegistryError> {
        let login = self.api_login(client.http()).await?;
        let header = login.as_ref().map(Login::header).transpose()?;
        let mut url = at(&self.api, &format!("{path}?page_size={PAGE}"));
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let call = Call::get(url).authorized(header.clone());
            let (page, _): (Page<T>, _) = client.http().json(&call, PAGE_BYTES).await?;
            let nothing = page.results.is_empty();
            all.extend(page.results);
            match page.next.and_then(|next| Url::parse(&next).ok()) {
                Some(next)
                    if !nothing && all.len() < limit && next.origin() == self.api.origin() =>
                {
                    url = next.into();
                }
                _ => break,
            }
        }
        all.truncate(limit);
        Ok(all)
    }
}

#[async_trait]
impl Product for DockerHub {
    async fn login(&self, _http: &Http) -> Result<Option<Login>, RegistryError> {
        Ok(self.credentials.clone().map(Login::Password))
    }

    fn filtered<'a>(&self, repository: &'a str) -> &'a str {
        repository.strip_prefix(LIBRARY).unwrap_or(repository)
    }

    fn named(&self, filtered: String) -> String {
        if filtered.contains('/') { filtered } else { format!("{LIBRARY}{filtered}") }
    }

    async fn repositories(
        &self,
        client: &RegistryClient,
        wanted: &[Filter],
        limit: usize,
    ) -> Result<Vec<String>, RegistryError> {
        // A filter without a namespace is about Docker's own images, and `*`
        // about those of the user as well.
        let mut namespaces: Vec<&str> =
            wanted.iter().map(|filter| filter.org().unwrap_or("library")).collect();
        if wanted.iter().any(|filter| filter.org().is_none())
            && let Some(credentials) = &self.credentials
        {
            namespaces.push(&credentials.username);
        }
        namespaces.sort_unstable();
        namespaces.dedup();
        let mut names = Vec::new();
        for namespace in namespaces {
            let path = format!("v2/namespaces/{}/repositories", encoded(namespace));
            let found = self.pages::<Repository>(client, &path, limit - names.len()).await;
            let found = match found {
                Ok(found) => found,
                // The user's name need not be a namespace.
                Err(RegistryError::NotFound { .. }) => continue,
                Err(error) => return Err(error),
            };
            names.extend(found.into_iter().map(|found| format!("{namespace}/{}", found.name)));
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
        let Some((namespace, name)) = repository.split_once('/') else {
            return client.plain_tags(repository, limit).await;
        };
        let path =
            format!("v2/namespaces/{}/repositories/{}/tags", encoded(namespace), encoded(name));
        let tags = self.pages::<HubTag>(client, &path, limit).await?;
        Ok(tags
            .into_iter()
            .map(|tag| Tag {
                created: tag.tag_last_pushed.or(tag.last_updated).as_deref().and_then(time),
                ..Tag::named(tag.name)
            })
            .collect())
    }
}
