//! OpenID Connect: the code flow with PKCE, state and nonce, at any number of
//! providers.
//!
//! [`begin`] sends the browser to the provider, [`pushed`] the request before it where the provider
//! wants that, [`finish`] takes what it brings back, [`provider`] keeps what providers publish of
//! themselves, [`key`] verifies with their keys, [`tokens`] and [`claims`] read who somebody is,
//! [`logout`] ends the session over there, [`backchannel`] ends it here when the provider says so by
//! a [`logout_token`], [`trial`] tells whether all that could work. All requests to providers go
//! through [`http`], which bounds them.

mod backchannel;
mod begin;
mod claims;
mod finish;
mod http;
mod key;
mod logout;
mod logout_token;
mod provider;
mod pushed;
mod settings;
mod tokens;
mod trial;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreSubjectIdentifierType, CoreTokenIntrospectionResponse,
};
use openidconnect::{
    AdditionalProviderMetadata, Client, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    ProviderMetadata, StandardErrorResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::sso::SsoError;

pub use backchannel::OidcLogoutError;
use key::ProviderKey;
pub(super) use provider::Providers;
pub use settings::{DEFAULT_SCOPES, OidcSettings};
pub use trial::{OidcNote, OidcTrial, OidcTrialError, Step};

/// What a provider publishes beyond the standard's core.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Extra {
    end_session_endpoint: Option<Url>,
    /// Published by Entra ID alone.
    msgraph_host: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    /// Read where it is needed: of most providers it is not, whatever it may be.
    pushed_authorization_request_endpoint: Option<Value>,
    #[serde(default)]
    require_pushed_authorization_requests: bool,
    #[serde(default)]
    require_signed_request_object: bool,
}

impl AdditionalProviderMetadata for Extra {}

type Metadata = ProviderMetadata<
    Extra,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    ProviderKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type OidcClient = Client<
    claims::Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    ProviderKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    tokens::Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;
