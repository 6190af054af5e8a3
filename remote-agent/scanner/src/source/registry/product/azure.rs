//! Azure's registry: an identity is exchanged for a refresh token, and its
//! own lists tell when tags came.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use super::settings::RegistrySettings;
use super::{MOST_PAGES, PAGE, Product, Renewed, Tag, at, encoded};
use crate::source::registry::access::Credentials;
use crate::source::registry::auth::Login;
use crate::source::registry::client::RegistryClient;
use crate::source::registry::error::RegistryError;
use crate::source::registry::http::{Call, Http, parse};
use crate::source::registry::list::PAGE_BYTES;

/// The user whose password is a refresh token.
const REFRESH_USER: &str = "00000000-0000-0000-0000-000000000000";
/// Refresh tokens last for three hours.
const LIFE: Duration = Duration::from_hours(3);

#[derive(Debug)]
pub(super) struct Azure {
    url: Url,
    credentials: Option<Credentials>,
    /// An access token of the directory.
    token: Option<SecretString>,
    refresh: Renewed,
}

#[derive(Deserialize)]
struct Exchanged {
    refresh_token: SecretString,
}

#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<AzureTag>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AzureTag {
    name: String,
    digest: Option<String>,
    last_update_time: Option<String>,
}

impl Azure {
    pub(super) fn new(settings: &RegistrySettings) -> Self {
        Self {
            url: settings.access.url.clone(),
            credentials: settings.access.credentials.clone(),
            token: settings.token.clone(),
            refresh: Renewed::default(),
        }
    }
}

#[async_trait]
impl Product for Azure {
    async fn login(&self, http: &Http) -> Result<Option<Login>, RegistryError> {
        let Some(token) = &self.token else {
            // The admin user, a token of the registry, or a service principal.
            return Ok(self.credentials.clone().map(Login::Password));
        };
        if let Some(login) = self.refresh.get() {
            return Ok(Some(login));
        }
        let service = self.url.host_str().unwrap_or_default();
        let fields = [
            ("grant_type", "access_token"),
            ("service", service),
            ("access_token", token.expose_secret()),
        ];
        let call = Call::form(at(&self.url, "oauth2/exchange"), &fields);
        let (answer, _): (Exchanged, _) = http.json(&call, PAGE_BYTES).await?;
        let login = Login::Password(Credentials {
            username: REFRESH_USER.to_owned(),
            password: answer.refresh_token,
        });
        self.refresh.keep(&login, LIFE);
        Ok(Some(login))
    }

    async fn tags(
        &self,
        client: &RegistryClient,
        repository: &str,
        limit: usize,
    ) -> Result<Vec<Tag>, RegistryError> {
        let mut all: Vec<Tag> = Vec::new();
        let scope = format!("repository:{repository}:metadata_read");
        for _ in 0..MOST_PAGES {
            let last = match all.last() {
                Some(tag) => format!("&last={}", encoded(&tag.name)),
                None => String::new(),
            };
            let url = at(&self.url, &format!("acr/v1/{repository}/_tags?n={PAGE}{last}"));
            let answer = client.whole(&url, &scope, &http::HeaderMap::new(), PAGE_BYTES).await;
            let (bytes, _) = match answer {
                Ok(answer) => answer,
                // A login that may pull and not look into the registry.
                Err(RegistryError::Unauthorized { .. } | RegistryError::NotFound { .. })
                    if all.is_empty() =>
                {
                    return client.plain_tags(repository, limit).await;
                }
                Err(error) => return Err(error),
            };
            let page: Tags = parse(&url, &bytes)?;
            let page = page.tags.unwrap_or_default();
            let short = page.len() < PAGE;
            all.extend(page.into_iter().map(|tag| {
                Tag::told(tag.name, tag.last_update_time.as_deref(), tag.digest.as_deref())
            }));
            if short || all.len() >= limit {
                break;
            }
        }
        all.truncate(limit);
        Ok(all)
    }
}
