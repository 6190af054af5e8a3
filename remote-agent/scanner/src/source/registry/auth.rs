//! Logins and tokens.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use super::access::Credentials;
use super::challenge::Challenge;
use super::client::RegistryClient;
use super::error::RegistryError;
use super::http::{Call, shown};
use super::machine;

/// Scopes whose authorizations are kept at most.
const MOST_SCOPES: usize = 1024;
/// Bytes of an answer with a token at most.
pub(super) const TOKEN_BYTES: u64 = 1 << 20;

/// Authorizations by scope. When there are too many, all are forgotten: they are asked for
/// again.
#[derive(Debug, Default)]
pub(super) struct Authorizations(HashMap<String, HeaderValue>);

impl Authorizations {
    pub(super) fn get(&self, scope: &str) -> Option<HeaderValue> {
        self.0.get(scope).cloned()
    }

    pub(super) fn put(&mut self, scope: &str, value: HeaderValue) {
        if self.0.len() >= MOST_SCOPES {
            self.0.clear();
        }
        self.0.insert(scope.to_owned(), value);
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(super) enum Login {
    /// Name and password, or a token in the password's place.
    Password(Credentials),
    /// A token that is sent as it is.
    Token(SecretString),
}

impl Login {
    /// The header that shows it.
    pub(super) fn header(&self) -> Result<HeaderValue, RegistryError> {
        match self {
            Self::Password(credentials) => basic(credentials),
            Self::Token(token) => bearer(token.expose_secret())
                .ok_or_else(|| RegistryError::Setup("the token cannot be sent".to_owned())),
        }
    }
}

impl RegistryClient {
    /// What to send so that one of `challenges` is met; none when that needs
    /// credentials that are not there.
    pub(super) async fn authorize(
        &self,
        challenges: &[Challenge],
        scope: &str,
    ) -> Result<Option<HeaderValue>, RegistryError> {
        let login = self.login().await?;
        let mut unusable = None;
        for challenge in challenges {
            match (challenge, &login) {
                // What is no password is none here either: a token is got for it.
                (Challenge::Basic, Some(Login::Password(credentials)))
                    if is_refresh_token(credentials) => {}
                (Challenge::Bearer { .. }, Some(login @ Login::Token(_)))
                | (Challenge::Basic, Some(login @ Login::Password(_))) => {
                    return login.header().map(Some);
                }
                (Challenge::Bearer { realm, service, scope: asked }, login) => {
                    let scope = asked.as_deref().filter(|asked| !asked.is_empty()).unwrap_or(scope);
                    let credentials = match login {
                        Some(Login::Password(credentials)) => Some(credentials),
                        _ => None,
                    };
                    match self.token(realm, service.as_deref(), scope, credentials).await {
                        // A password may be taken where no token can be had.
                        Err(error @ RegistryError::Malformed { .. }) => unusable = Some(error),
                        token => return token.map(Some),
                    }
                }
                (Challenge::Basic, _) => {}
            }
        }
        unusable.map_or(Ok(None), Err)
    }

    async fn token(
        &self,
        realm: &str,
        service: Option<&str>,
        scope: &str,
        credentials: Option<&Credentials>,
    ) -> Result<HeaderValue, RegistryError> {
        let malformed = |reason: &str| RegistryError::Malformed {
            url: shown(realm),
            reason: reason.to_owned(),
        };
        let mut url = Url::parse(realm).map_err(|_| malformed("the realm is no URL"))?;
        match (self.url().scheme(), url.scheme()) {
            (_, "https") | ("http", "http") => {}
            _ => return Err(malformed("the realm is not reached by https")),
        }
        if machine::is_asked(&url) && url.host() != self.url().host() {
            return Err(malformed("the realm is a link-local address"));
        }
        let refresh = credentials.filter(|credentials| is_refresh_token(credentials));
        let call = if let Some(credentials) = refresh {
            let fields = [
                ("grant_type", "refresh_token"),
                ("service", service.unwrap_or_default()),
                ("client_id", "palisade"),
                ("scope", scope),
                ("refresh_token", credentials.password.expose_secret()),
            ];
            Call::form(url, &fields)
        } else {
            {
                let mut query = url.query_pairs_mut();
                if let Some(service) = service {
                    query.append_pair("service", service);
                }
                // Several scopes may stand in one text.
                for scope in scope.split(' ').filter(|scope| !scope.is_empty()) {
                    query.append_pair("scope", scope);
                }
            }
            Call::get(url).authorized(credentials.map(basic).transpose()?)
        };
        let (answer, _): (TokenAnswer, _) = self.http().json(&call, TOKEN_BYTES).await?;
        answer
            .token
            .filter(|token| !token.is_empty())
            .or(answer.access_token)
            .and_then(|token| bearer(&token))
            .ok_or_else(|| malformed("the answer holds no token"))
    }
}

/// Whether the password stands for a login that was made elsewhere.
fn is_refresh_token(credentials: &Credentials) -> bool {
    matches!(credentials.username.as_str(), "<token>" | "00000000-0000-0000-0000-000000000000")
}

fn basic(credentials: &Credentials) -> Result<HeaderValue, RegistryError> {
    let pair = format!("{}:{}", credentials.username, credentials.password.expose_secret());
    sensitive(&format!("Basic {}", STANDARD.encode(pair)))
        .ok_or_else(|| RegistryError::Setup("the credentials cannot be sent".to_owned()))
}

fn bearer(token: &str) -> Option<HeaderValue> {
    sensitive(&format!("Bearer {token}"))
}

/// A header that no log shows.
pub(super) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
