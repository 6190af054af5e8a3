//! Trying a provider: its certificates, our key, and a response that somebody
//! got from it.

use secrecy::{ExposeSecret as _, SecretString};

use super::assertion::Expected;
use super::login::proven;
use super::response::{Reader, decode};
use super::trusted::{Trusted, certificate_info};
use super::{KeyPair, SamlError, SamlSettings, Step};
use crate::identity::Identity;
use crate::identity::directory::DirectoryError;

/// A provider to be tried.
#[derive(Debug)]
pub struct SamlTrial {
    /// The settings.
    pub settings: SamlSettings,
    /// Our key.
    pub signing_key: SecretString,
    /// A response of the provider in base64, as a browser posts it; empty: the
    /// settings alone are tried.
    pub response: String,
    /// Where the provider sent it.
    pub redirect_endpoint: String,
}

impl Identity {
    /// Tries a provider: the groups of the user in the response, or which step
    /// failed. Nothing is remembered, nobody logs in; the login that the
    /// response answers is not looked for.
    pub fn try_saml(&self, trial: &SamlTrial) -> Result<Vec<String>, SamlTrialError> {
        let SamlTrial { settings, signing_key, response, redirect_endpoint } = trial;
        settings.check().map_err(DirectoryError::from)?;
        settings.check_key(signing_key.expose_secret()).map_err(DirectoryError::from)?;
        let now = self.clock.now();
        for pem in settings.certificates() {
            // What an ended certificate signed still counts, as the standard
            // has it; but somebody should know.
            if certificate_info(pem)?.iter().any(|info| info.not_after < now) {
                return Err(SamlError::at(Step::Certificate, "a certificate has ended").into());
            }
        }
        if response.is_empty() {
            return Ok(Vec::new());
        }
        let key_pair = if settings.signing_cert.is_empty() {
            None
        } else {
            Some(KeyPair::read(&settings.signing_cert, signing_key.expose_secret())?)
        };
        let trusted = Trusted::of(settings)?;
        let reader = Reader { trusted: &trusted, key_pair: key_pair.as_ref() };
        let assertion = reader.read(&decode(response)?)?;
        let expected = Expected { issuer: &settings.issuer, endpoint: redirect_endpoint, now };
        assertion.check(&expected)?;
        let _proof = proven(&assertion, settings, redirect_endpoint)?;
        Ok(assertion.groups(&settings.group_claim))
    }
}

/// A trial that failed.
#[derive(Debug, thiserror::Error)]
pub enum SamlTrialError {
    /// The settings make no provider.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A step failed.
    #[error(transparent)]
    Saml(#[from] SamlError),
}
