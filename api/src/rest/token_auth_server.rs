//! How the browser goes to a provider of single sign-on, and comes back.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Body of `POST /v1/token_auth_server/{server}`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TokenRedirect {
    /// Where the provider shall send the browser.
    #[serde(default)]
    pub redirect_endpoint: String,
    /// Who logs out, where a provider of SAML knows us by another name than
    /// `redirect_endpoint`.
    #[serde(default)]
    pub issuer: String,
}

/// Answer of calls that send the browser to a provider.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TokenAuthServersRedirectData {
    /// Where it goes.
    pub redirect: TokenAuthServerRedirect,
}

/// Answer of the call that begins a logout at a provider.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TokenAuthServerLogoutData {
    /// Where the browser goes; null where the session ends here alone.
    #[schema(required = true)]
    pub redirect: Option<TokenAuthServerRedirect>,
}

/// Where a browser goes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TokenAuthServerRedirect {
    /// The provider.
    pub server_name: String,
    /// `saml` or `oidc`.
    pub server_type: String,
    /// The address.
    pub redirect_url: String,
}

/// A message of SAML as a browser posts it.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SamlForm {
    /// A request of the provider, in base64.
    #[serde(rename = "SAMLRequest")]
    pub request: Option<String>,
    /// A response of the provider, in base64.
    #[serde(rename = "SAMLResponse")]
    pub response: Option<String>,
    /// What was sent along.
    #[serde(rename = "RelayState")]
    pub relay_state: Option<String>,
}

/// A provider's word that somebody logged out there.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LogoutForm {
    /// The token that the provider signed.
    pub logout_token: String,
}
