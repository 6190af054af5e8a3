//! The way to the provider.

use chrono::TimeDelta;
use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge, Scope};
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::provider::Provider;
use super::{DEFAULT_SCOPES, OidcSettings, SsoError};
use crate::identity::Identity;
use crate::identity::directory::{DirectoryError, DirectoryRow, Kind};
use crate::store::sso_attempt::{self, SsoAttempt};

/// Time to log in at the provider.
const LIFE: TimeDelta = TimeDelta::minutes(10);
/// Logins under way at once: anybody may begin one.
const MOST_ATTEMPTS: i64 = 10_000;
/// What attempts are sealed for.
pub(super) const PURPOSE: &str = "single sign-on";

/// What the login needs when it goes on.
#[derive(Deserialize, Serialize)]
pub(super) struct Pending {
    pub(super) nonce: String,
    pub(super) pkce_verifier: String,
    pub(super) redirect_endpoint: String,
}

/// A login at a provider that shall begin.
#[derive(Debug)]
pub struct BeginSso {
    /// The provider.
    pub server: String,
    /// Where the provider sends the browser afterwards.
    pub redirect_endpoint: String,
    /// Whether the login is to be tied to this browser.
    pub for_browser: bool,
}

/// A login at a provider that began.
#[derive(Debug)]
pub struct SsoBegun {
    /// Where the browser goes.
    pub url: Url,
    /// What the browser shall hold, if the login is tied to it.
    pub browser: Option<SecretString>,
}

impl Identity {
    /// The names of the providers of single sign-on that can be used.
    pub async fn sso_servers(&self) -> Result<Vec<String>, SsoError> {
        let rows = self.directories().await?;
        let usable = rows.into_iter().filter(|row| row.settings.enable && oidc_of(row).is_some());
        Ok(usable.map(|row| row.name).collect())
    }

    /// Begins a login at a provider.
    pub async fn begin_sso(&self, begin: BeginSso) -> Result<SsoBegun, SsoError> {
        let row = self.sso_server(&begin.server).await?;
        let settings = oidc_of(&row).ok_or(SsoError::NoProvider)?;
        check_redirect(&begin.redirect_endpoint)?;
        let provider = self.provider(&row, false).await?;
        let client = provider.client(&begin.redirect_endpoint)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let scopes: Vec<&str> = if settings.scopes.is_empty() {
            DEFAULT_SCOPES.to_vec()
        } else {
            settings.scopes.iter().map(String::as_str).collect()
        };
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            // The crate adds openid itself.
            .add_scopes(
                scopes.iter().filter(|s| **s != "openid").map(|s| Scope::new((*s).to_owned())),
            )
            .set_pkce_challenge(challenge)
            .url();
        let pending = Pending {
            nonce: nonce.secret().clone(),
            pkce_verifier: verifier.secret().clone(),
            redirect_endpoint: begin.redirect_endpoint,
        };
        let pending = serde_json::to_vec(&pending)
            .map_err(|error| crate::store::StoreError::inconsistent("sso_attempt", error))?;
        let browser = begin.for_browser.then(palisade_identity::api_key::generate).transpose()?;
        let now = self.clock.now();
        let attempt = SsoAttempt {
            state_hash: hash(state.secret()),
            server: row.name,
            sealed: self.sealer.seal(PURPOSE, &pending).map_err(DirectoryError::from)?,
            browser_hash: browser.as_ref().map(|secret| hash(secret.expose_secret())),
            expires_at: now + LIFE,
        };
        let mut conn = self.database.acquire().await?;
        if !sso_attempt::create(&mut conn, &attempt, MOST_ATTEMPTS, now).await? {
            return Err(SsoError::Busy);
        }
        Ok(SsoBegun { url, browser })
    }

    /// The provider `name`, if it can be used.
    pub(super) async fn sso_server(&self, name: &str) -> Result<DirectoryRow, SsoError> {
        match self.directory(name).await {
            Ok(row) if row.settings.enable && oidc_of(&row).is_some() => Ok(row),
            Ok(_) | Err(DirectoryError::Missing) => Err(SsoError::NoProvider),
            Err(error) => Err(error.into()),
        }
    }

    /// What the provider published; see [`super::Providers::get`].
    pub(super) async fn provider(
        &self,
        row: &DirectoryRow,
        newer: bool,
    ) -> Result<std::sync::Arc<Provider>, SsoError> {
        let settings = oidc_of(row).ok_or(SsoError::NoProvider)?;
        let secret = self.secret_of(row)?;
        let name = (row.name.as_str(), row.revision);
        self.providers.get(name, settings, secret, self.clock.now(), newer).await
    }
}

/// The settings of a provider, if it is one.
pub(super) fn oidc_of(row: &DirectoryRow) -> Option<&OidcSettings> {
    match &row.settings.kind {
        Kind::Oidc(settings) => Some(settings),
        Kind::Ldap(_) => None,
    }
}

/// What is stored of a state, and of what a browser holds.
pub(super) fn hash(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

/// Which addresses are right is the provider's to know; what leads to no page
/// of ours is refused here.
pub(super) fn check_redirect(endpoint: &str) -> Result<(), SsoError> {
    let url: Option<Url> = (endpoint.len() <= 2_048).then(|| endpoint.parse().ok()).flatten();
    let usable = url.is_some_and(|url| {
        url.scheme() == "https"
            && url.has_host()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    });
    if usable { Ok(()) } else { Err(SsoError::RedirectEndpoint) }
}
