//! What is configured of a provider.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::identity::directory::{
    SettingsError, check_certificates, check_optional_text, check_text,
};

/// Scopes that are asked for where none are configured.
pub const DEFAULT_SCOPES: [&str; 3] = ["openid", "profile", "email"];

/// A provider of OpenID Connect, without the client's secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcSettings {
    /// The issuer, below which the discovery document is.
    pub issuer: String,
    /// The client.
    pub client_id: String,
    /// The claim with the groups; empty: `NVRoleGroup`, else `groups`.
    pub group_claim: String,
    /// The scopes that are asked for.
    pub scopes: Vec<String>,
    /// Whether the provider is reached by the primary's proxy.
    pub use_proxy: bool,
    /// Certificates in PEM that vouch for the provider beside the public ones.
    pub ca_cert: String,
}

impl OidcSettings {
    /// Whether the settings make a provider.
    pub fn check(&self) -> Result<(), SettingsError> {
        check_text("issuer", &self.issuer)?;
        check_text("client_id", &self.client_id)?;
        check_optional_text("group_claim", &self.group_claim)?;
        let issuer = self.issuer.parse::<Url>().ok();
        let usable = issuer.is_some_and(|url| {
            url.scheme() == "https"
                && url.has_host()
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        });
        if !usable {
            return Err(SettingsError::Invalid(
                "the issuer is an https address without a query".to_owned(),
            ));
        }
        let is_scope = |scope: &String| {
            !scope.is_empty() && scope.len() <= 64 && scope.chars().all(|c| c.is_ascii_graphic())
        };
        if self.scopes.len() > 32 || !self.scopes.iter().all(is_scope) {
            return Err(SettingsError::Invalid(
                "scopes are at most 32 words of at most 64 characters".to_owned(),
            ));
        }
        check_certificates(&self.ca_cert)
    }
}
