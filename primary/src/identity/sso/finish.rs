//! What the browser brings back from a provider.

use secrecy::SecretString;

use super::SsoError;
use super::attempt::Bringer;
use crate::identity::Identity;
use crate::identity::directory::Kind;
use crate::identity::login::LoggedIn;

/// What the browser brings back.
#[derive(Debug)]
pub struct FinishSso {
    /// The provider.
    pub server: String,
    /// The code; of SAML the provider's answer as it came, or the code for it.
    pub code: SecretString,
    /// The state.
    pub state: String,
    /// The issuer that the provider named beside them (RFC 9207), if it did.
    pub issuer: Option<String>,
    /// Where the provider sent the browser.
    pub redirect_endpoint: String,
    /// What the browser holds, if anything.
    pub browser: Option<SecretString>,
    /// Whether the session becomes a cookie of this browser.
    pub for_browser: bool,
    /// Where the call comes from.
    pub address: String,
}

impl FinishSso {
    pub(in crate::identity) fn bringer(&self) -> Bringer<'_> {
        Bringer {
            browser: self.browser.as_ref(),
            for_browser: self.for_browser,
            redirect_endpoint: &self.redirect_endpoint,
        }
    }
}

impl Identity {
    /// Ends a login at a provider: verifies who it is, and begins a session.
    pub async fn finish_sso(&self, finish: FinishSso) -> Result<LoggedIn, SsoError> {
        let row = self.sso_server(&finish.server).await?;
        match &row.settings.kind {
            Kind::Oidc(settings) => self.finish_oidc(&row, settings, finish).await,
            Kind::Saml(settings) => self.finish_saml(&row, settings, finish).await,
            Kind::Ldap(_) => Err(SsoError::NoProvider),
        }
    }
}
