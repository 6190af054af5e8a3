//! OpenID Connect: the code flow with PKCE, state and nonce, at any number of
//! providers.
//!
//! [`begin`] sends the browser to the provider, [`finish`] takes what it brings
//! back, [`provider`] keeps what providers publish of themselves, [`claims`]
//! reads who somebody is, [`logout`] ends the session over there. All requests
//! to providers go through [`http`], which bounds them.

mod begin;
mod claims;
mod finish;
mod http;
mod logout;
mod provider;
mod settings;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalProviderMetadata, Client, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IdTokenFields, ProviderMetadata, StandardErrorResponse, StandardTokenResponse,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

use super::directory::DirectoryError;
use super::login::LoginError;
use crate::store::StoreError;

pub use begin::{BeginSso, SsoBegun};
pub use finish::FinishSso;
pub(super) use provider::Providers;
pub use settings::{DEFAULT_SCOPES, OidcSettings};

/// What a provider publishes beyond the standard's core.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Extra {
    end_session_endpoint: Option<Url>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
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
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type TokenFields = IdTokenFields<
    claims::Claims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type OidcClient = Client<
    claims::Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<TokenFields, CoreTokenType>,
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

/// A single sign-on that went wrong. The client learns the kind alone; the
/// rest is for the log.
#[derive(Debug, Error)]
pub enum SsoError {
    /// No such provider, or one that is switched off.
    #[error("there is no such provider")]
    NoProvider,
    /// The address of return is none.
    #[error("redirect_endpoint is an https address without a fragment")]
    RedirectEndpoint,
    /// More logins are under way than are kept in mind.
    #[error("too many logins at once; try again in a moment")]
    Busy,
    /// The provider cannot be used.
    #[error("the provider cannot be used: {0}")]
    Provider(String),
    /// What came back proves nothing.
    #[error("the login was refused: {0}")]
    Refused(&'static str),
    /// The provider's answer proves nothing.
    #[error("the provider's answer was refused: {0}")]
    Unproven(String),
    /// The provider has no way of logging out.
    #[error("the provider offers no way of logging out")]
    NoLogout,
    /// The operating system gave no randomness.
    #[error(transparent)]
    Random(#[from] palisade_identity::secret::NoRandomness),
    /// The directory's settings failed.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The session could not begin.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
