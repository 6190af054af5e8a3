//! Google's registries, the old (gcr.io) and the new (pkg.dev): the key of a
//! service account is the password, or signs for an access token.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use palisade_api::clock::{Clock as _, SystemClock};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::settings::RegistrySettings;
use super::{Listed, MOST_PAGES, Product, Renewed, Tag, address, at, encoded, orgs};
use crate::source::registry::access::Credentials;
use crate::source::registry::auth::Login;
use crate::source::registry::client::RegistryClient;
use crate::source::registry::error::RegistryError;
use crate::source::registry::filter::Filter;
use crate::source::registry::http::{Call, Http, parse};
use crate::source::registry::list::PAGE_BYTES;

/// The user whose password is the key of a service account.
const KEY_USER: &str = "_json_key";
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
/// Seconds for which an access token is asked for: the longest.
const LIFE: i64 = 3_600;

#[derive(Debug)]
pub(super) struct Google {
    credentials: Option<Credentials>,
    account: Option<Account>,
    /// The API of the new registry, and the region that it is asked about.
    artifacts: Option<(Url, String)>,
    token: Renewed,
    listed: Listed,
}

/// The key of a service account.
#[derive(Debug, Deserialize)]
struct Account {
    client_email: String,
    private_key: SecretString,
    #[serde(default)]
    private_key_id: String,
    token_uri: Option<String>,
    #[serde(default)]
    project_id: String,
}

#[derive(Deserialize)]
struct Token {
    access_token: SecretString,
    expires_in: Option<u64>,
}

#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    manifest: HashMap<String, Manifest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    #[serde(default)]
    tag: Vec<String>,
    /// Milliseconds since 1970, as a text.
    time_uploaded_ms: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repositories {
    #[serde(default)]
    repositories: Vec<Repository>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Repository {
    /// `projects/P/locations/L/repositories/R`.
    name: String,
    format: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Images {
    #[serde(default)]
    docker_images: Vec<Image>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    /// `L-docker.pkg.dev/P/R/IMAGE@sha256:…`.
    uri: String,
    #[serde(default)]
    tags: Vec<String>,
    upload_time: Option<String>,
}

impl Google {
    pub(super) fn new(settings: &RegistrySettings) -> Result<Self, RegistryError> {
        let bad = |reason: &str| {
            RegistryError::Settings(format!("the key of the Google service account {reason}"))
        };
        let mut credentials = settings.credentials("oauth2accesstoken");
        let mut account = None;
        // The key may also be given as the password of its user.
        let by_password = credentials
            .as_ref()
            .filter(|known| known.username == KEY_USER)
            .map(|known| known.password.clone());
        if let Some(key) = settings.google_key.clone().or(by_password) {
            let read: Account = serde_json::from_str(key.expose_secret())
                .map_err(|_| bad("is not the JSON that Google gives"))?;
            account = Some(read);
            credentials = Some(Credentials { username: KEY_USER.to_owned(), password: key });
        }
        let host = settings.access.url.host_str().unwrap_or_default();
        let region = host.strip_suffix("-docker.pkg.dev");
        let artifacts = match (&settings.api, region) {
            (Some(api), region) => Some((api.clone(), region.unwrap_or("-").to_owned())),
            (None, Some(region)) => {
                Some((address("https://artifactregistry.googleapis.com/")?, region.to_owned()))
            }
            (None, None) => None,
        };
        Ok(Self {
            credentials,
            account,
            artifacts,
            token: Renewed::default(),
            listed: Listed::default(),
        })
    }

    /// An access token for the APIs.
    async fn access_token(&self, http: &Http) -> Result<Option<Login>, RegistryError> {
        let Some(account) = &self.account else {
            // What is logged in with may be such a token.
            return Ok(self
                .credentials
                .clone()
                .filter(|known| known.username == "oauth2accesstoken")
                .map(|known| Login::Token(known.password)));
        };
        if let Some(login) = self.token.get() {
            return Ok(Some(login));
        }
        let url = account.token_uri.as_deref().unwrap_or(TOKEN_URL);
        let assertion = account.assertion(url, SystemClock.now().timestamp())?;
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", assertion.expose_secret()),
        ];
        let (answer, _): (Token, _) = http.json(&Call::form(url, &fields), PAGE_BYTES).await?;
        let login = Login::Token(answer.access_token);
        self.token.keep(&login, Duration::from_secs(answer.expires_in.unwrap_or(600)));
        Ok(Some(login))
    }

    async fn page<T: serde::de::DeserializeOwned>(
        &self,
        http: &Http,
        api: &Url,
        path: &str,
        token: Option<&str>,
    ) -> Result<T, RegistryError> {
        let login = self.access_token(http).await?;
        let header = login.as_ref().map(Login::header).transpose()?;
        let next = token.map(|token| format!("&pageToken={}", encoded(token)));
        let path = format!("v1/{path}?pageSize=500{}", next.unwrap_or_default());
        let call = Call::get(at(api, &path)).authorized(header);
        http.json(&call, PAGE_BYTES).await.map(|(page, _)| page)
    }

    /// The images of a project in the new registry, with their tags.
    async fn project(
        &self,
        http: &Http,
        api: &Url,
        parent: &str,
        tags: &mut HashMap<String, Vec<Tag>>,
    ) -> Result<(), RegistryError> {
        let mut repositories = Vec::new();
        let mut next = None;
        for _ in 0..MOST_PAGES {
            let path = format!("{parent}/repositories");
            let page: Repositories = self.page(http, api, &path, next.as_deref()).await?;
            repositories.extend(page.repositories);
            next = page.next_page_token.filter(|token| !token.is_empty());
            if next.is_none() {
                break;
            }
        }
        for repository in repositories {
            if repository.format.is_some_and(|format| format != "DOCKER") {
                continue;
            }
            let mut next = None;
            for _ in 0..MOST_PAGES {
                let path = format!("{}/dockerImages", repository.name);
                let page: Images = self.page(http, api, &path, next.as_deref()).await?;
                for image in page.docker_images {
                    add(&image, tags);
                }
                next = page.next_page_token.filter(|token| !token.is_empty());
                if next.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Adds the tags of one image.
fn add(image: &Image, all: &mut HashMap<String, Vec<Tag>>) {
    let Some((name, digest)) = image.uri.split_once('@') else { return };
    let Some((_host, name)) = name.split_once('/') else { return };
    let tags = all.entry(name.to_owned()).or_default();
    for tag in &image.tags {
        tags.push(Tag::told(tag.as_str(), image.upload_time.as_deref(), Some(digest)));
    }
}

impl Account {
    /// Says who asks, signed with the account's key.
    fn assertion(&self, audience: &str, now: i64) -> Result<SecretString, RegistryError> {
        let bad = || {
            RegistryError::Settings(
                "the private key of the Google service account cannot be used".to_owned(),
            )
        };
        let der = PrivatePkcs8KeyDer::from_pem_slice(self.private_key.expose_secret().as_bytes())
            .map_err(|_| bad())?;
        let key = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|_| bad())?;
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": self.private_key_id});
        let claims = json!({
            "iss": self.client_email, "scope": SCOPE, "aud": audience,
            "iat": now, "exp": now + LIFE,
        });
        let mut text = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_| bad())?;
        text.push('.');
        text.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Ok(text.into())
    }
}

#[async_trait]
impl Product for Google {
    async fn login(&self, _http: &Http) -> Result<Option<Login>, RegistryError> {
        Ok(self.credentials.clone().map(Login::Password))
    }

    async fn repositories(
        &self,
        client: &RegistryClient,
        wanted: &[Filter],
        limit: usize,
    ) -> Result<Vec<String>, RegistryError> {
        let Some((api, region)) = &self.artifacts else { return client.catalog(limit).await };
        let own = self.account.as_ref().map(|account| account.project_id.as_str());
        let projects = match orgs(wanted) {
            Some(projects) => projects,
            None => own.into_iter().filter(|project| !project.is_empty()).collect(),
        };
        if projects.is_empty() {
            return Err(RegistryError::Settings(
                "the filters of a Google registry must name the project, as in project/*"
                    .to_owned(),
            ));
        }
        let mut tags = HashMap::new();
        for project in projects {
            let parent = format!("projects/{}/locations/{region}", encoded(project));
            self.project(client.http(), api, &parent, &mut tags).await?;
        }
        Ok(self.listed.replace(tags))
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
        // Beside the names, the old registry tells of all manifests.
        let scope = client.scope_of(repository);
        let url = client.endpoint_of(repository, "tags/list");
        let headers = http::HeaderMap::new();
        let (bytes, _) = client.whole(&url, &scope, &headers, PAGE_BYTES).await?;
        let found: Tags = parse(&url, &bytes)?;
        let mut all: HashMap<String, Tag> =
            found.tags.into_iter().map(|name| (name.clone(), Tag::named(name))).collect();
        for (digest, manifest) in found.manifest {
            let created = manifest
                .time_uploaded_ms
                .and_then(|ms| DateTime::from_timestamp_millis(ms.parse().ok()?));
            for tag in manifest.tag {
                let told = Tag { created, ..Tag::told(&*tag, None, Some(&digest)) };
                all.insert(tag, told);
            }
        }
        let mut all: Vec<Tag> = all.into_values().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all.truncate(limit);
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    #[test]
    fn an_assertion_is_signed_by_the_account() {
        let made = Command::new("openssl")
            .args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
            .output();
        let Ok(made) = made else {
            eprintln!("skipped: openssl is not installed, and ring makes no RSA keys");
            return;
        };
        let pem = String::from_utf8(made.stdout).unwrap();
        let account = Account {
            client_email: "scan@shop.example".to_owned(),
            private_key: SecretString::from(pem.as_str()),
            private_key_id: "1".to_owned(),
            token_uri: None,
            project_id: String::new(),
        };
        let assertion = account.assertion("https://token", 1_000).unwrap();
        let (text, signature) = assertion.expose_secret().rsplit_once('.').unwrap();
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
        let key = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public());
        public.verify(text.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        let claims = URL_SAFE_NO_PAD.decode(text.split_once('.').unwrap().1).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["aud"], "https://token");
        assert_eq!(claims["exp"], 4_600);
        assert!(!format!("{account:?}").contains("PRIVATE"));
    }
}
