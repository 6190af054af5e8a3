//! The way to the provider.

use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge, Scope};

use super::provider::Provider;
use super::{DEFAULT_SCOPES, OidcSettings, SsoError};
use crate::identity::Identity;
use crate::identity::directory::DirectoryRow;
use crate::identity::sso::attempt::Stage;
use crate::identity::sso::begin::Journey;

impl Identity {
    /// Begins a login at a provider.
    pub(in crate::identity) async fn begin_oidc(
        &self,
        row: &DirectoryRow,
        settings: &OidcSettings,
        redirect_endpoint: &str,
    ) -> Result<Journey, SsoError> {
        let provider = self.provider(row, settings, false).await?;
        let client = provider.client(redirect_endpoint)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let scopes: Vec<&str> = if settings.scopes.is_empty() {
            DEFAULT_SCOPES.to_vec()
        } else {
            settings.scopes.iter().map(String::as_str).collect()
        };
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, csrf, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            // The crate adds openid itself.
            .add_scopes(
                scopes.iter().filter(|s| **s != "openid").map(|s| Scope::new((*s).to_owned())),
            )
            .set_pkce_challenge(challenge)
            .url();
        let stage =
            Stage::Oidc { nonce: nonce.secret().clone(), pkce_verifier: verifier.secret().clone() };
        let url = provider.pushed(url, || self.clock.now()).await?;
        Ok(Journey { url, state: csrf.secret().clone(), stage })
    }

    /// What the provider published; see [`super::Providers::get`].
    pub(super) async fn provider(
        &self,
        row: &DirectoryRow,
        settings: &OidcSettings,
        newer: bool,
    ) -> Result<std::sync::Arc<Provider>, SsoError> {
        let secret = self.secret_of(row)?;
        self.providers.get(&row.name, settings, secret, self.clock.now(), newer).await
    }
}
