//! Logins that are under way: written down sealed when the browser leaves,
//! taken once when it comes back.

use chrono::{DateTime, TimeDelta, Utc};
use palisade_identity::secret;
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::SsoError;
use crate::identity::Identity;
use crate::identity::directory::DirectoryError;
use crate::identity::saml::Proof;
use crate::store::StoreError;
use crate::store::sso_attempt::{self, Most, SsoAttempt};
use palisade_identity::damper::neighbourhood;

/// Time to log in at the provider.
pub(in crate::identity) const LIFE: TimeDelta = TimeDelta::minutes(10);
/// Logins under way at once: anybody may begin one, and many share an address.
const MOST_ATTEMPTS: Most = Most { in_all: 10_000, of_address: 1_000 };
/// Longest state that is looked at, in bytes.
const MAX_STATE: usize = 4_096;
/// What attempts are sealed for.
const PURPOSE: &str = "single sign-on";

/// What a login needs when it goes on.
#[derive(Debug, Deserialize, Serialize)]
pub(in crate::identity) struct Pending {
    /// When it began. Older programs do not say so: long ago.
    #[serde(default)]
    pub(in crate::identity) began_at: DateTime<Utc>,
    /// Where the provider sends the browser.
    pub(in crate::identity) redirect_endpoint: String,
    /// How far it is.
    pub(in crate::identity) stage: Stage,
}

/// How far a login is.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::identity) enum Stage {
    /// The browser is at a provider of OpenID Connect.
    Oidc {
        /// The ID token shall repeat it.
        nonce: String,
        /// Proves that the code is ours.
        pkce_verifier: String,
    },
    /// The browser is at a provider of SAML, with the request that is the state.
    Saml,
    /// A provider of SAML posted its proof; the page has to fetch the session.
    Proven(Box<Proof>),
}

/// A login that came back.
#[derive(Debug)]
pub(in crate::identity) struct Taken {
    pub(in crate::identity) pending: Pending,
    pub(in crate::identity) browser_hash: Option<Vec<u8>>,
}

/// Who brings a login back.
#[derive(Debug)]
pub(in crate::identity) struct Bringer<'a> {
    /// What the browser holds, if anything.
    pub(in crate::identity) browser: Option<&'a SecretString>,
    /// Whether the session becomes a cookie of this browser.
    pub(in crate::identity) for_browser: bool,
    /// Where the provider sent it, as it says.
    pub(in crate::identity) redirect_endpoint: &'a str,
}

impl Identity {
    /// Writes a login down under its state.
    pub(in crate::identity) async fn keep_attempt(
        &self,
        server: &str,
        state: &str,
        pending: &Pending,
        (browser_hash, address): (Option<Vec<u8>>, &str),
        life: TimeDelta,
    ) -> Result<(), SsoError> {
        let pending = serde_json::to_vec(pending)
            .map_err(|error| StoreError::inconsistent("sso_attempt", error))?;
        let now = self.clock.now();
        let attempt = SsoAttempt {
            state_hash: hash(state),
            server: server.to_owned(),
            sealed: self.sealer.seal(PURPOSE, &pending).map_err(DirectoryError::from)?,
            browser_hash,
            expires_at: now + life,
            address: neighbourhood(address),
        };
        let mut conn = self.database.acquire().await?;
        if sso_attempt::create(&mut conn, &attempt, MOST_ATTEMPTS, now).await? {
            Ok(())
        } else {
            Err(SsoError::Busy)
        }
    }

    /// The login that the state belongs to. It is taken whatever follows:
    /// nobody tries twice with one.
    pub(in crate::identity) async fn take_attempt(
        &self,
        server: &str,
        state: &str,
    ) -> Result<Taken, SsoError> {
        if state.len() > MAX_STATE {
            return Err(SsoError::Refused("the state is too long"));
        }
        let mut conn = self.database.acquire().await?;
        let attempt = sso_attempt::take(&mut conn, &hash(state), self.clock.now())
            .await?
            .ok_or(SsoError::Refused("the state is unknown, used or too old"))?;
        drop(conn);
        if attempt.server != server {
            return Err(SsoError::Refused("the state belongs to another provider"));
        }
        let opened = self.sealer.open(PURPOSE, &attempt.sealed).map_err(DirectoryError::from)?;
        let pending = serde_json::from_slice(opened.expose_secret())
            .map_err(|error| StoreError::inconsistent("sso_attempt", error))?;
        Ok(Taken { pending, browser_hash: attempt.browser_hash })
    }
}

impl Taken {
    /// Refuses a login that somebody else began.
    pub(in crate::identity) fn check(&self, bringer: &Bringer<'_>) -> Result<(), SsoError> {
        let held = bringer.browser.map(|secret| hash(secret.expose_secret()));
        let same_browser = match (&self.browser_hash, &held) {
            (Some(wanted), Some(held)) => secret::equal(wanted, held),
            (Some(_), None) => false,
            // Nothing ties it to a browser, so no browser takes it for its own.
            (None, _) => !bringer.for_browser,
        };
        if !same_browser {
            return Err(SsoError::Refused("the login began in another browser"));
        }
        if self.pending.redirect_endpoint != bringer.redirect_endpoint {
            return Err(SsoError::Refused("redirect_endpoint is not the one it began with"));
        }
        Ok(())
    }
}

/// What is stored of a state, and of what a browser holds.
pub(in crate::identity) fn hash(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

/// Which addresses are right is the provider's to know; what leads to no page
/// of ours is refused here.
pub(in crate::identity) fn check_redirect(endpoint: &str) -> Result<(), SsoError> {
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
