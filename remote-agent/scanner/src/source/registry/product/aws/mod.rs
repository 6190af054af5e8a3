//! Amazon's registry: its API gives a password for twelve hours and lists
//! repositories and images.

mod role;
mod sign;

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use palisade_api::clock::{Clock as _, SystemClock};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::settings::{AwsAccess, RegistrySettings};
use super::{MOST_PAGES, Product, Renewed, Tag, address};
use crate::source::registry::access::{Credentials, RegistryAccess};
use crate::source::registry::auth::Login;
use crate::source::registry::client::RegistryClient;
use crate::source::registry::error::RegistryError;
use crate::source::registry::filter::Filter;
use crate::source::registry::http::{Call, Http, parse};
use crate::source::registry::list::PAGE_BYTES;
use role::Role;
use sign::{Key, signed};

/// How long a password lasts that does not tell.
const LIFE: Duration = Duration::from_hours(12);
/// Items asked for in one page.
const PAGE: usize = 1_000;

#[derive(Debug)]
pub(super) struct Aws {
    api: Url,
    access: AwsAccess,
    role: Option<Role>,
    password: Renewed,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authorization {
    authorization_data: Vec<AuthorizationData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuthorizationData {
    authorization_token: SecretString,
    /// Unix seconds.
    expires_at: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    #[serde(alias = "repositories", alias = "imageDetails")]
    items: Vec<T>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    repository_name: String,
}

#[derive(Deserialize)]
struct ImageDetail {
    #[serde(rename = "imageDigest")]
    digest: String,
    #[serde(rename = "imageTags", default)]
    tags: Vec<String>,
    /// Unix seconds.
    #[serde(rename = "imagePushedAt")]
    pushed_at: Option<f64>,
}

impl Aws {
    pub(super) fn new(settings: &RegistrySettings) -> Result<Self, RegistryError> {
        let mut access = settings.aws.clone();
        let host = settings.access.url.host_str().unwrap_or_default();
        // ACCOUNT.dkr.ecr.REGION.amazonaws.com, with .cn at the end in China.
        let parts: Vec<&str> = host.split('.').collect();
        let mut api = settings.access.url.clone();
        if let [account, "dkr", ecr @ ("ecr" | "ecr-fips"), region, "amazonaws", end @ ..] =
            &parts[..]
        {
            if access.region.is_empty() {
                (*region).clone_into(&mut access.region);
            }
            if access.account.is_empty() {
                (*account).clone_into(&mut access.account);
            }
            let name = if *ecr == "ecr" { "api.ecr" } else { "ecr-fips" };
            api = address(&format!("https://{name}.{region}.amazonaws.{}/", end.join(".")))?;
        }
        if let Some(own) = &settings.api {
            api = own.clone();
        }
        if access.region.is_empty() {
            return Err(RegistryError::Settings(
                "the region of the Amazon registry is missing".to_owned(),
            ));
        }
        let role = if access.access_key_id.is_empty() {
            let url = match &access.metadata {
                Some(url) => url.clone(),
                None => address("http://169.254.169.254/")?,
            };
            // The machine's own address is reached through no proxy.
            let at_machine = RegistryAccess {
                url,
                credentials: None,
                extra_roots: Vec::new(),
                ignore_proxy: true,
                proxy: None,
                ..settings.access.clone()
            };
            Some(Role::new(at_machine)?)
        } else {
            None
        };
        Ok(Self { api, access, role, password: Renewed::default() })
    }

    async fn key(&self) -> Result<Key, RegistryError> {
        if let Some(role) = &self.role {
            return role.key().await;
        }
        let secret = self.access.secret_access_key.clone().ok_or_else(|| {
            RegistryError::Settings("the secret of the Amazon access key is missing".to_owned())
        })?;
        Ok(Key { id: self.access.access_key_id.clone(), secret, session: None })
    }

    async fn call<T: DeserializeOwned>(
        &self,
        http: &Http,
        action: &str,
        body: &Value,
    ) -> Result<T, RegistryError> {
        let key = self.key().await?;
        let body = body.to_string();
        let mut tries = http.tries();
        loop {
            // Signed anew for each try: the time is part of it.
            let headers =
                signed(&self.api, action, &body, &self.access.region, &key, SystemClock.now())?;
            let mut call = Call::post(
                self.api.as_str(),
                "application/x-amz-json-1.1",
                body.clone().into_bytes().into(),
            );
            call.headers = headers;
            match http.whole(&call, PAGE_BYTES).await {
                Ok((bytes, _)) => return parse(&call.url, &bytes),
                Err(error) => tries.again(refused(error)).await?,
            }
        }
    }

    async fn pages<T: DeserializeOwned>(
        &self,
        http: &Http,
        action: &str,
        mut body: Value,
        limit: usize,
    ) -> Result<Vec<T>, RegistryError> {
        if !self.access.account.is_empty()
            && let Some(body) = body.as_object_mut()
        {
            body.insert("registryId".to_owned(), json!(self.access.account));
        }
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let page: Page<T> = self.call(http, action, &body).await?;
            all.extend(page.items);
            match page.next_token {
                Some(token) if all.len() < limit => {
                    if let Some(body) = body.as_object_mut() {
                        body.insert("nextToken".to_owned(), json!(token));
                    }
                }
                _ => break,
            }
        }
        all.truncate(limit);
        Ok(all)
    }
}

/// Amazon answers 400 where others answer 401 or 404, and tells in words.
fn refused(error: RegistryError) -> RegistryError {
    match error {
        RegistryError::Status { url, status, detail, .. }
            if status.as_u16() == 400
                && [
                    "security token",
                    "signature",
                    "AccessDenied",
                    "credential",
                    "Unrecognized",
                ]
                .iter()
                .any(|word| detail.to_ascii_lowercase().contains(&word.to_ascii_lowercase())) =>
        {
            RegistryError::Unauthorized { url, detail }
        }
        error => error,
    }
}

#[async_trait]
impl Product for Aws {
    async fn login(&self, http: &Http) -> Result<Option<Login>, RegistryError> {
        if let Some(login) = self.password.get() {
            return Ok(Some(login));
        }
        let answer: Authorization = self.call(http, "GetAuthorizationToken", &json!({})).await?;
        let malformed = || RegistryError::Malformed {
            url: self.api.to_string(),
            reason: "it gives no password".to_owned(),
        };
        let data = answer.authorization_data.into_iter().next().ok_or_else(malformed)?;
        let token = secrecy::ExposeSecret::expose_secret(&data.authorization_token);
        let pair = STANDARD.decode(token).map_err(|_| malformed())?;
        let pair = String::from_utf8(pair).map_err(|_| malformed())?;
        let (username, password) = pair.split_once(':').ok_or_else(malformed)?;
        let login = Login::Password(Credentials {
            username: username.to_owned(),
            password: SecretString::from(password),
        });
        let life = data
            .expires_at
            .and_then(|at| DateTime::from_timestamp(at as i64, 0))
            .and_then(|at| (at - SystemClock.now()).to_std().ok())
            .map_or(LIFE, |life| life.min(LIFE));
        self.password.keep(&login, life);
        Ok(Some(login))
    }

    async fn repositories(
        &self,
        client: &RegistryClient,
        _wanted: &[Filter],
        limit: usize,
    ) -> Result<Vec<String>, RegistryError> {
        let body = json!({ "maxResults": PAGE });
        let found: Vec<Repository> =
            self.pages(client.http(), "DescribeRepositories", body, limit).await?;
        Ok(found.into_iter().map(|repository| repository.repository_name).collect())
    }

    async fn tags(
        &self,
        client: &RegistryClient,
        repository: &str,
        limit: usize,
    ) -> Result<Vec<Tag>, RegistryError> {
        let body = json!({
            "repositoryName": repository,
            "maxResults": PAGE,
            "filter": {"tagStatus": "TAGGED"},
        });
        let found: Vec<ImageDetail> =
            self.pages(client.http(), "DescribeImages", body, limit).await?;
        let mut all = Vec::new();
        for image in found {
            let created = image.pushed_at.and_then(|at| DateTime::from_timestamp(at as i64, 0));
            for tag in image.tags {
                all.push(Tag { created, ..Tag::told(tag, None, Some(&image.digest)) });
            }
        }
        Ok(all)
    }
}
