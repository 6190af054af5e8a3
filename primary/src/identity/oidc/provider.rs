//! What providers publish of themselves: endpoints and keys, kept for a while.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{CoreClientAuthMethod, CoreJwsSigningAlgorithm};
use openidconnect::{AuthType, ClientId, ClientSecret, IssuerUrl, RedirectUrl};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;
use url::Url;

use super::http::ProviderHttp;
use super::pushed::PushFailed;
use super::{Metadata, OidcClient, OidcSettings, SsoError};

/// What was published counts for this long.
const FRESH: TimeDelta = TimeDelta::minutes(10);
/// A key that is not known makes us look again at most this often.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(30);
/// A provider that does not answer is not asked again for this long: anybody may
/// begin a login, and each would wait for those before.
pub(super) const LEFT_ALONE: TimeDelta = TimeDelta::seconds(5);

/// Signatures that can be verified with a published key. Neither `none` nor
/// those of a shared secret are among them.
pub(super) const ALGORITHMS: [CoreJwsSigningAlgorithm; 10] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EcdsaP521Sha512,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// A provider as it published itself, and the way to it.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) metadata: Metadata,
    /// Where requests go before the browser does, if it takes no others.
    pub(super) wants_pushed: Option<Url>,
    /// What last came of it where it took none.
    pub(super) push_failed: PushFailed,
    pub(super) http: ProviderHttp,
    settings: OidcSettings,
    pub(super) secret: SecretString,
}

/// The providers that were asked lately, by name.
#[derive(Debug)]
pub(in crate::identity) struct Providers {
    proxy: Option<String>,
    /// One lock a provider: of many logins at once one asks, the others wait.
    known: Mutex<HashMap<String, Arc<Mutex<Slot>>>>,
}

/// What is known of a provider.
#[derive(Debug, Default)]
struct Slot {
    known: Option<Known>,
    failed: Option<Failed>,
}

/// A provider that did not answer.
#[derive(Debug)]
struct Failed {
    at: DateTime<Utc>,
    settings: OidcSettings,
    why: String,
}

#[derive(Debug)]
struct Known {
    at: DateTime<Utc>,
    /// When it was asked again for a key that was not known.
    again_at: Option<DateTime<Utc>>,
    provider: Arc<Provider>,
}

impl Known {
    /// Whether it may be taken for what is published now.
    fn serves(&self, now: DateTime<Utc>, newer: bool) -> bool {
        let within = |begin: DateTime<Utc>, life| (begin..begin + life).contains(&now);
        if newer {
            self.again_at.is_some_and(|at| within(at, LOOK_AGAIN))
        } else {
            within(self.at, FRESH)
        }
    }
}

impl Providers {
    pub(in crate::identity) fn new(proxy: Option<String>) -> Self {
        Self { proxy, known: Mutex::new(HashMap::new()) }
    }

    /// The provider `name` with these settings. `newer` asks it again, unless
    /// it was asked again just now.
    pub(super) async fn get(
        &self,
        name: &str,
        settings: &OidcSettings,
        secret: SecretString,
        now: DateTime<Utc>,
        newer: bool,
    ) -> Result<Arc<Provider>, SsoError> {
        let slot = {
            let mut known = self.known.lock().await;
            Arc::clone(known.entry(name.to_owned()).or_default())
        };
        let mut slot = slot.lock().await;
        if let Some(known) = &slot.known
            && known.provider.is_of(settings, &secret)
            && known.serves(now, newer)
        {
            return Ok(Arc::clone(&known.provider));
        }
        if let Some(failed) = &slot.failed
            && failed.settings == *settings
            && (failed.at..failed.at + LEFT_ALONE).contains(&now)
        {
            return Err(SsoError::Provider(failed.why.clone()));
        }
        match Provider::discover(settings, secret, self.proxy.as_deref()).await {
            Ok(provider) => {
                let provider = Arc::new(provider);
                let again_at = newer.then_some(now);
                let known = Known { at: now, again_at, provider: Arc::clone(&provider) };
                *slot = Slot { known: Some(known), failed: None };
                Ok(provider)
            }
            Err(error) => {
                // By when the asking began: who came meanwhile has the answer too.
                if let SsoError::Provider(why) = &error {
                    let (settings, why) = (settings.clone(), why.clone());
                    slot.failed = Some(Failed { at: now, settings, why });
                }
                Err(error)
            }
        }
    }

    /// What a provider publishes now, whatever is known of it.
    pub(super) async fn look(
        &self,
        settings: &OidcSettings,
        secret: SecretString,
    ) -> Result<Provider, SsoError> {
        Provider::discover(settings, secret, self.proxy.as_deref()).await
    }
}

impl Provider {
    async fn discover(
        settings: &OidcSettings,
        secret: SecretString,
        proxy: Option<&str>,
    ) -> Result<Self, SsoError> {
        let unusable = |error: &dyn std::error::Error| SsoError::Provider(chain(error));
        let http = ProviderHttp::new(settings, proxy).map_err(|e| unusable(&e))?;
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(|e| unusable(&e))?;
        // Fails unless the document names this very issuer.
        let metadata = Metadata::discover_async(issuer, &http).await.map_err(|e| unusable(&e))?;
        // Browsers are sent there: not in the clear, and to no script.
        let log_in = ("authorization_endpoint", Some(metadata.authorization_endpoint().url()));
        let log_out = metadata.additional_metadata().end_session_endpoint.as_ref();
        for (name, url) in [log_in, ("end_session_endpoint", log_out)] {
            if url.is_some_and(|url| url.scheme() != "https") {
                return Err(SsoError::Provider(format!("its {name} is no https address")));
            }
        }
        let extra = metadata.additional_metadata();
        if extra.require_signed_request_object {
            let why = "it takes signed requests alone, which are not made here";
            return Err(SsoError::Provider(why.to_owned()));
        }
        let wants_pushed = if extra.require_pushed_authorization_requests {
            let endpoint = extra.pushed_authorization_request_endpoint.as_ref();
            let endpoint = endpoint.and_then(|endpoint| endpoint.as_str()?.parse::<Url>().ok());
            let why = "it wants requests pushed to it, and publishes no https address for them";
            let usable = endpoint.filter(|url| url.scheme() == "https");
            Some(usable.ok_or_else(|| SsoError::Provider(why.to_owned()))?)
        } else {
            None
        };
        let push_failed = PushFailed::default();
        let settings = settings.clone();
        Ok(Self { metadata, wants_pushed, push_failed, http, settings, secret })
    }

    /// Whether these are its settings: another may have come under its name.
    fn is_of(&self, settings: &OidcSettings, secret: &SecretString) -> bool {
        self.settings == *settings && self.secret.expose_secret() == secret.expose_secret()
    }

    /// Whether it takes the client's secret, where there is one, in a way that we have.
    pub(super) fn takes_secret(&self) -> bool {
        let methods = self.metadata.token_endpoint_auth_methods_supported();
        let ours =
            [CoreClientAuthMethod::ClientSecretBasic, CoreClientAuthMethod::ClientSecretPost];
        self.secret.expose_secret().is_empty()
            || methods.is_none_or(|all| all.iter().any(|one| ours.contains(one)))
    }

    /// Who we are there.
    pub(super) fn client_id(&self) -> &str {
        &self.settings.client_id
    }

    /// A client that returns to `redirect_endpoint`.
    pub(super) fn client(&self, redirect_endpoint: &str) -> Result<OidcClient, SsoError> {
        let redirect = RedirectUrl::new(redirect_endpoint.to_owned())
            .map_err(|_| SsoError::RedirectEndpoint)?;
        let secret = self.secret.expose_secret();
        let secret = (!secret.is_empty()).then(|| ClientSecret::new(secret.to_owned()));
        let id = ClientId::new(self.settings.client_id.clone());
        Ok(OidcClient::from_provider_metadata(self.metadata.clone(), id, secret)
            .set_auth_type(self.place_of_secret())
            .set_redirect_uri(redirect))
    }

    /// Where it wants the client's secret.
    pub(super) fn place_of_secret(&self) -> AuthType {
        let methods = self.metadata.token_endpoint_auth_methods_supported();
        place_of_secret(methods.map(Vec::as_slice))
    }
}

/// Where a provider wants the client's secret: in a header, as the standard has
/// it where nothing is said, unless it takes it in the body alone.
fn place_of_secret(methods: Option<&[CoreClientAuthMethod]>) -> AuthType {
    let takes = |method| methods.is_none_or(|all| all.contains(&method));
    if takes(CoreClientAuthMethod::ClientSecretBasic)
        || !takes(CoreClientAuthMethod::ClientSecretPost)
    {
        AuthType::BasicAuth
    } else {
        AuthType::RequestBody
    }
}

/// An error with its causes, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_goes_where_the_provider_takes_it() {
        use CoreClientAuthMethod::{ClientSecretBasic, ClientSecretPost, PrivateKeyJwt};
        let in_body = |methods| matches!(place_of_secret(methods), AuthType::RequestBody);
        assert!(!in_body(None));
        assert!(!in_body(Some(&[ClientSecretPost, ClientSecretBasic][..])));
        assert!(in_body(Some(&[PrivateKeyJwt, ClientSecretPost][..])));
        assert!(!in_body(Some(&[PrivateKeyJwt][..])));
    }
}
