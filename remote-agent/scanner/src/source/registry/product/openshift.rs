//! The registry inside an OpenShift cluster: a login at the cluster, and its
//! image streams.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderName, HeaderValue, header};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::settings::RegistrySettings;
use super::{Listed, MOST_PAGES, Product, Renewed, Tag, address, at, encoded, orgs};
use crate::source::registry::access::Credentials;
use crate::source::registry::auth::Login;
use crate::source::registry::client::RegistryClient;
use crate::source::registry::error::RegistryError;
use crate::source::registry::filter::Filter;
use crate::source::registry::http::{Call, Http};
use crate::source::registry::list::PAGE_BYTES;

/// How long a token of a login is used; they last for a day.
const LIFE: Duration = Duration::from_mins(33);

#[derive(Debug)]
pub(super) struct Openshift {
    api: Url,
    credentials: Option<Credentials>,
    token: Option<SecretString>,
    renewed: Renewed,
    listed: Listed,
}

#[derive(Deserialize)]
struct Server {
    authorization_endpoint: String,
}

#[derive(Deserialize)]
struct Streams {
    #[serde(default)]
    metadata: ListMetadata,
    #[serde(default)]
    items: Vec<Stream>,
}

#[derive(Default, Deserialize)]
struct ListMetadata {
    #[serde(rename = "continue")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Stream {
    metadata: Metadata,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
struct Metadata {
    namespace: String,
    name: String,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    tags: Vec<StreamTag>,
}

#[derive(Deserialize)]
struct StreamTag {
    tag: String,
    /// Newest first.
    items: Option<Vec<TagEvent>>,
}

#[derive(Deserialize)]
struct TagEvent {
    created: Option<String>,
    image: Option<String>,
}

impl Openshift {
    pub(super) fn new(settings: &RegistrySettings) -> Result<Self, RegistryError> {
        let url = &settings.access.url;
        let api = match (&settings.api, url.host_str().and_then(|host| host.split_once(".apps."))) {
            (Some(api), _) => api.clone(),
            // The route of the registry tells the cluster's name.
            (None, Some((_, cluster))) => address(&format!("https://api.{cluster}:6443/"))?,
            (None, None) => url.clone(),
        };
        Ok(Self {
            api,
            credentials: settings.access.credentials.clone(),
            token: settings.token.clone(),
            renewed: Renewed::default(),
            listed: Listed::default(),
        })
    }

    /// The token that both the cluster and its registry take.
    async fn cluster_token(&self, http: &Http) -> Result<Option<SecretString>, RegistryError> {
        if let Some(token) = &self.token {
            return Ok(Some(token.clone()));
        }
        let Some(credentials) = &self.credentials else { return Ok(None) };
        if let Some(Login::Token(token)) = self.renewed.get() {
            return Ok(Some(token));
        }
        let known = Call::get(at(&self.api, ".well-known/oauth-authorization-server"));
        let (server, _): (Server, _) = http.json(&known, PAGE_BYTES).await?;
        let malformed = |reason: &str| RegistryError::Malformed {
            url: known.url.clone(),
            reason: reason.to_owned(),
        };
        let mut url = Url::parse(&server.authorization_endpoint)
            .map_err(|_| malformed("the place to log in at is no URL"))?;
        if url.scheme() != "https" && self.api.scheme() == "https" {
            return Err(malformed("the place to log in at is not reached by https"));
        }
        url.query_pairs_mut()
            .append_pair("client_id", "openshift-challenging-client")
            .append_pair("response_type", "token");
        let login = Login::Password(credentials.clone()).header()?;
        let call = Call::get(url)
            .authorized(Some(login))
            .with(HeaderName::from_static("x-csrf-token"), HeaderValue::from_static("1"));
        // The token is in the place that the answer leads to.
        let answer = http.send_unfollowed(&call).await?;
        let location = answer.headers().get(header::LOCATION).and_then(|at| at.to_str().ok());
        let token = location.and_then(|location| Url::parse(location).ok()).and_then(|location| {
            let fields = url::form_urlencoded::parse(location.fragment()?.as_bytes());
            let mut found = fields.filter(|(name, _)| name == "access_token");
            found.next().map(|(_, token)| token.into_owned())
        });
        let Some(token) = token else {
            return Err(RegistryError::Unauthorized {
                url: crate::source::registry::http::shown(&call.url),
                detail: "it gives no token".to_owned(),
            });
        };
        let token = SecretString::from(token);
        self.renewed.keep(&Login::Token(token.clone()), LIFE);
        Ok(Some(token))
    }
}

#[async_trait]
impl Product for Openshift {
    async fn login(&self, http: &Http) -> Result<Option<Login>, RegistryError> {
        let user = self.credentials.as_ref().map(|known| known.username.clone());
        let username = user.unwrap_or_else(|| "openshift".to_owned());
        let token = self.cluster_token(http).await?;
        Ok(token.map(|password| Login::Password(Credentials { username, password })))
    }

    async fn repositories(
        &self,
        client: &RegistryClient,
        wanted: &[Filter],
        limit: usize,
    ) -> Result<Vec<String>, RegistryError> {
        let projects = orgs(wanted).ok_or_else(|| {
            RegistryError::Settings(
                "each filter of an OpenShift registry must name the project, as in project/*"
                    .to_owned(),
            )
        })?;
        let token = self.cluster_token(client.http()).await?.map(Login::Token);
        let header = token.as_ref().map(Login::header).transpose()?;
        let mut tags: HashMap<String, Vec<Tag>> = HashMap::new();
        for project in projects {
            let mut next = String::new();
            for _ in 0..MOST_PAGES {
                let path = format!(
                    "apis/image.openshift.io/v1/namespaces/{}/imagestreams?limit=500{next}",
                    encoded(project)
                );
                let call = Call::get(at(&self.api, &path)).authorized(header.clone());
                let (page, _): (Streams, _) = client.http().json(&call, PAGE_BYTES).await?;
                for stream in page.items {
                    let name = format!("{}/{}", stream.metadata.namespace, stream.metadata.name);
                    let found = stream.status.tags.into_iter().map(|tag| {
                        let newest = tag.items.unwrap_or_default().into_iter().next();
                        let (created, image) =
                            newest.map_or((None, None), |event| (event.created, event.image));
                        Tag::told(tag.tag, created.as_deref(), image.as_deref())
                    });
                    tags.entry(name).or_default().extend(found);
                }
                match page.metadata.next.filter(|token| !token.is_empty() && tags.len() < limit) {
                    Some(token) => next = format!("&continue={}", encoded(&token)),
                    None => break,
                }
            }
        }
        Ok(self.listed.replace(tags))
    }

    async fn tags(
        &self,
        client: &RegistryClient,
        repository: &str,
        limit: usize,
    ) -> Result<Vec<Tag>, RegistryError> {
        match self.listed.tags(repository, limit) {
            Some(tags) => Ok(tags),
            None => client.plain_tags(repository, limit).await,
        }
    }
}
