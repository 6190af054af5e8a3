//! What is configured of a directory or provider.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::mapping::Mapping;
use crate::identity::ldap::LdapSettings;
use crate::identity::oidc::OidcSettings;
use crate::identity::saml::SamlSettings;

/// Longest name of a directory, in characters.
const MAX_NAME: usize = 64;
/// Names that mean something else.
const RESERVED: [&str; 2] = ["local", "platform"];
/// Groups that can be mapped at most.
const MAX_GROUPS: usize = 512;
/// Longest text of a setting, in bytes.
const MAX_TEXT: usize = 1_024;
/// Longest list of certificates, in bytes.
const MAX_CERTIFICATES: usize = 64 * 1_024;

/// A directory or provider without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectorySettings {
    /// Whether it vouches for users now.
    pub enable: bool,
    /// Which roles its users have.
    #[serde(flatten)]
    pub mapping: Mapping,
    /// What it is.
    pub kind: Kind,
}

/// What a directory is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// LDAP or Active Directory.
    Ldap(LdapSettings),
    /// OpenID Connect.
    Oidc(OidcSettings),
    /// SAML 2.0.
    Saml(SamlSettings),
}

impl Kind {
    /// Whether the secret goes the same way as before: whoever may change the
    /// settings does not learn the secret by that.
    pub fn asks_same_server(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ldap(one), Self::Ldap(other)) => one.asks_same_server(other),
            (Self::Oidc(one), Self::Oidc(other)) => one.issuer == other.issuer,
            // Our own key goes nowhere.
            (Self::Saml(_), Self::Saml(_)) => true,
            (Self::Ldap(_) | Self::Oidc(_) | Self::Saml(_), _) => false,
        }
    }
}

/// Settings that make no directory.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SettingsError {
    /// The name cannot be one.
    #[error(
        "the name of a directory has 1 to {MAX_NAME} letters, digits, '_' or '-', and is neither \
         local nor platform"
    )]
    Name,
    /// A setting that must be there.
    #[error("the key {0} is missing")]
    Missing(&'static str),
    /// A setting that cannot be.
    #[error("{0}")]
    Invalid(String),
    /// A default role of the federation.
    #[error("the default role cannot be one of the federation")]
    DefaultRole,
    /// A group twice, or without a name.
    #[error("each mapped group has a name, and stands there once, {MAX_GROUPS} at most")]
    Groups,
}

impl DirectorySettings {
    /// The same with its groups as they are kept.
    pub(super) fn arranged(self) -> Self {
        Self { mapping: self.mapping.arranged(), ..self }
    }

    /// Whether the settings make a directory.
    pub fn check(&self) -> Result<(), SettingsError> {
        use palisade_identity::Role;
        if matches!(self.mapping.default_role.reserved(), Some(Role::FedAdmin | Role::FedReader)) {
            return Err(SettingsError::DefaultRole);
        }
        let mut groups: Vec<&str> =
            self.mapping.group_mapped_roles.iter().map(|mapped| mapped.group.as_str()).collect();
        let count = groups.len();
        groups.sort_unstable();
        groups.dedup();
        if groups.len() != count || count > MAX_GROUPS || groups.iter().any(|g| g.is_empty()) {
            return Err(SettingsError::Groups);
        }
        match &self.kind {
            Kind::Ldap(ldap) => ldap.check(),
            Kind::Oidc(oidc) => oidc.check(),
            Kind::Saml(saml) => saml.check(),
        }
    }

    /// Whether the settings and the secret belong together.
    pub fn check_secret(&self, secret: &str) -> Result<(), SettingsError> {
        match &self.kind {
            Kind::Ldap(_) | Kind::Oidc(_) => Ok(()),
            Kind::Saml(saml) => saml.check_key(secret),
        }
    }
}

/// Checks the name of a directory.
pub(super) fn check_name(name: &str) -> Result<(), SettingsError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let valid = !name.is_empty()
        && name.len() <= MAX_NAME
        && name.chars().all(fits)
        && !RESERVED.contains(&name);
    if valid { Ok(()) } else { Err(SettingsError::Name) }
}

/// Checks the text of a setting that must be there.
pub(in crate::identity) fn check_text(name: &'static str, text: &str) -> Result<(), SettingsError> {
    if text.is_empty() {
        return Err(SettingsError::Missing(name));
    }
    check_optional_text(name, text)
}

/// Checks the text of a setting that may be absent.
pub(in crate::identity) fn check_optional_text(
    name: &'static str,
    text: &str,
) -> Result<(), SettingsError> {
    if text.len() > MAX_TEXT || text.chars().any(char::is_control) {
        return Err(SettingsError::Invalid(format!(
            "{name} has at most {MAX_TEXT} bytes and no control characters"
        )));
    }
    Ok(())
}

/// Checks certificates in PEM; none is fine.
pub(in crate::identity) fn check_certificates(pem: &str) -> Result<(), SettingsError> {
    if pem.is_empty() {
        return Ok(());
    }
    let wrong = || SettingsError::Invalid("ca_cert holds no certificate in PEM".to_owned());
    if pem.len() > MAX_CERTIFICATES {
        return Err(wrong());
    }
    let parsed = super::certificates(pem).map_err(|_| wrong())?;
    if parsed.is_empty() { Err(wrong()) } else { Ok(()) }
}
