//! IBM's registry: an API key gives a token, and one list tells all images
//! of an account.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use chrono::DateTime;
use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use super::settings::RegistrySettings;
use super::{Listed, Product, Renewed, Tag, address, at};
use crate::source::registry::access::Credentials;
use crate::source::registry::auth::{Login, TOKEN_BYTES};
use crate::source::registry::client::RegistryClient;
use crate::source::registry::error::RegistryError;
use crate::source::registry::filter::Filter;
use crate::source::registry::http::{Call, Http};

const TOKEN_URL: &str = "https://iam.cloud.ibm.com/identity/token";
/// The user whose password is an API key.
const KEY_USER: &str = "iamapikey";
/// Bytes of the list of all images.
const LIST_BYTES: u64 = 64 << 20;

#[derive(Debug)]
pub(super) struct Ibm {
    api: Url,
    token_url: Url,
    account: HeaderValue,
    key: Option<SecretString>,
    token: Renewed,
    listed: Listed,
}

#[derive(Deserialize)]
struct Token {
    access_token: SecretString,
    expires_in: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    repo_tags: Option<Vec<String>>,
    repo_digests: Option<Vec<String>>,
    /// Unix seconds.
    created: Option<i64>,
}

impl Ibm {
    pub(super) fn new(settings: &RegistrySettings) -> Result<Self, RegistryError> {
        let account = HeaderValue::from_str(&settings.ibm_account).map_err(|_| {
            RegistryError::Settings("the account at IBM's cloud is no name".to_owned())
        })?;
        let token_url = match &settings.ibm_token_url {
            Some(url) => url.clone(),
            None => address(TOKEN_URL)?,
        };
        let password = settings.access.credentials.as_ref().map(|known| known.password.clone());
        Ok(Self {
            api: settings.api.clone().unwrap_or_else(|| settings.access.url.clone()),
            token_url,
            account,
            key: settings.token.clone().or(password),
            token: Renewed::default(),
            listed: Listed::default(),
        })
    }

    async fn access_token(&self, http: &Http) -> Result<Option<Login>, RegistryError> {
        let Some(key) = &self.key else { return Ok(None) };
        if let Some(login) = self.token.get() {
            return Ok(Some(login));
        }
        let fields = [
            ("grant_type", "urn:ibm:params:oauth:grant-type:apikey"),
            ("apikey", key.expose_secret()),
        ];
        let call = Call::form(self.token_url.as_str(), &fields);
        let (answer, _): (Token, _) = http.json(&call, TOKEN_BYTES).await?;
        let login = Login::Token(answer.access_token);
        self.token.keep(&login, Duration::from_secs(answer.expires_in.unwrap_or(600)));
        Ok(Some(login))
    }
}

#[async_trait]
impl Product for Ibm {
    async fn login(&self, _http: &Http) -> Result<Option<Login>, RegistryError> {
        Ok(self.key.clone().map(|password| {
            Login::Password(Credentials { username: KEY_USER.to_owned(), password })
        }))
    }

    async fn repositories(
        &self,
        client: &RegistryClient,
        _wanted: &[Filter],
        _limit: usize,
    ) -> Result<Vec<String>, RegistryError> {
        let login = self.access_token(client.http()).await?;
        let header = login.as_ref().map(Login::header).transpose()?;
        let call = Call::get(at(&self.api, "api/v1/images?includeIBM=false"))
            .authorized(header)
            .with(HeaderName::from_static("account"), self.account.clone());
        let (images, _): (Vec<Image>, _) = client.http().json(&call, LIST_BYTES).await?;
        let mut tags: HashMap<String, Vec<Tag>> = HashMap::new();
        for image in images {
            let created = image.created.and_then(|at| DateTime::from_timestamp(at, 0));
            let digest = image.repo_digests.iter().flatten().next();
            let digest = digest.and_then(|digest| Some(digest.split_once('@')?.1.to_owned()));
            for name in image.repo_tags.into_iter().flatten() {
                // HOST/NAMESPACE/REPOSITORY:TAG
                let Some((_host, name)) = name.split_once('/') else { continue };
                let Some((repository, tag)) = name.rsplit_once(':') else { continue };
                let tag = Tag { created, ..Tag::told(tag, None, digest.as_deref()) };
                tags.entry(repository.to_owned()).or_default().push(tag);
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
