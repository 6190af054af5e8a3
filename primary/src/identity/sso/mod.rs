//! Single sign-on: logins that a browser begins here, proves at a provider and
//! ends here, whatever the provider speaks.
//!
//! [`begin`] sends the browser away, [`finish`] takes what it brings back,
//! [`logout`] ends the session over there too; [`attempt`] keeps in mind what
//! is under way. What is said to a provider, and what its word is worth, is in
//! [`super::oidc`] and [`super::saml`].

pub(super) mod attempt;
pub(super) mod begin;
mod finish;
mod logout;

use thiserror::Error;

use super::directory::DirectoryError;
use super::login::LoginError;
use super::saml::SamlError;
use crate::store::StoreError;

pub use begin::{BeginSso, SsoBegun};
pub use finish::FinishSso;
pub use logout::{LogoutSso, SsoLogout};

/// A kind of provider of single sign-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SsoKind {
    /// OpenID Connect.
    Oidc,
    /// SAML 2.0.
    Saml,
}

impl SsoKind {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::Saml => "saml",
        }
    }
}

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
    /// The provider's message proves nothing, or cannot be made.
    #[error(transparent)]
    Saml(#[from] SamlError),
    /// The user would have a role by groups alone, which the provider does not tell.
    #[error("the provider withholds the user's groups, which are too many for its token")]
    GroupsWithheld,
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
