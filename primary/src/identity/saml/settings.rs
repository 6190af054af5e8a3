//! What is configured of a provider of SAML.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{KeyPair, trusted::Trusted};
use crate::identity::directory::{SettingsError, check_optional_text, check_text};

/// Certificates of a provider at most: old and new ones, while keys change.
const MAX_CERTIFICATES: usize = 16;
/// Longest certificate in PEM, in bytes.
const MAX_CERTIFICATE: usize = 16 * 1_024;

/// How the browser brings our messages to a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Binding {
    /// By its address.
    #[default]
    Redirect,
    /// By a form that it posts.
    Post,
}

impl Binding {
    /// The word that clients use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redirect => "redirect",
            Self::Post => "post",
        }
    }

    /// The binding of a word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Redirect, Self::Post].into_iter().find(|binding| binding.as_str() == text)
    }
}

/// A provider of SAML, without our own key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamlSettings {
    /// Where the browser goes to log in.
    pub sso_url: String,
    /// How it takes our requests there.
    #[serde(default)]
    pub sso_binding: Binding,
    /// Who the provider is.
    pub issuer: String,
    /// What the provider signs with, in PEM.
    pub x509_cert: String,
    /// Further certificates that count as well.
    pub x509_cert_extra: Vec<String>,
    /// The attribute with the groups; empty: the usual ones.
    pub group_claim: String,
    /// Whether our requests for a login are signed.
    pub authn_signing_enabled: bool,
    /// Our own certificate in PEM: for our signatures, and for what is
    /// encrypted for us.
    pub signing_cert: String,
    /// Whether who logs out here logs out there, and the other way.
    pub slo_enabled: bool,
    /// Where the browser goes to log out.
    pub slo_url: String,
    /// How it takes our requests and answers there.
    #[serde(default)]
    pub slo_binding: Binding,
}

impl SamlSettings {
    /// Whether the settings make a provider.
    pub fn check(&self) -> Result<(), SettingsError> {
        check_text("issuer", &self.issuer)?;
        check_text("sso_url", &self.sso_url)?;
        check_optional_text("group_claim", &self.group_claim)?;
        check_address("sso_url", &self.sso_url)?;
        if !self.slo_url.is_empty() {
            check_text("slo_url", &self.slo_url)?;
            check_address("slo_url", &self.slo_url)?;
        }
        if self.slo_enabled && self.slo_url.is_empty() {
            return Err(SettingsError::Missing("slo_url"));
        }
        if self.x509_cert.is_empty() {
            return Err(SettingsError::Missing("x509_cert"));
        }
        let lengths = self.certificates().map(str::len);
        if self.x509_cert_extra.len() >= MAX_CERTIFICATES
            || lengths.chain([self.signing_cert.len()]).any(|length| length > MAX_CERTIFICATE)
        {
            return Err(SettingsError::Invalid(format!(
                "there are at most {MAX_CERTIFICATES} certificates of at most {MAX_CERTIFICATE} \
                 bytes"
            )));
        }
        Trusted::of(self).map_err(|error| SettingsError::Invalid(error.to_string()))?;
        Ok(())
    }

    /// Whether `key` is that of our certificate, where one is needed.
    pub fn check_key(&self, key: &str) -> Result<(), SettingsError> {
        if self.signing_cert.is_empty() && key.is_empty() {
            return if self.slo_enabled || self.authn_signing_enabled {
                Err(SettingsError::Invalid(
                    "signed requests and single logout need signing_cert and signing_key"
                        .to_owned(),
                ))
            } else {
                Ok(())
            };
        }
        KeyPair::read(&self.signing_cert, key)
            .map(drop)
            .map_err(|error| SettingsError::Invalid(error.to_string()))
    }

    /// What the provider may sign with.
    pub(super) fn certificates(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.x509_cert.as_str())
            .chain(self.x509_cert_extra.iter().map(String::as_str))
    }
}

fn check_address(name: &'static str, text: &str) -> Result<(), SettingsError> {
    let usable = text.parse::<Url>().is_ok_and(|url| {
        url.scheme() == "https"
            && url.has_host()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    });
    if usable {
        Ok(())
    } else {
        Err(SettingsError::Invalid(format!("{name} is an https address without a fragment")))
    }
}
