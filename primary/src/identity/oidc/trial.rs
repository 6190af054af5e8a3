//! Trying a provider: what it publishes, and whether we can work with it.

use secrecy::SecretString;
use thiserror::Error;

use super::provider::Provider;
use super::{OidcSettings, SsoError};
use crate::identity::Identity;
use crate::identity::directory::DirectoryError;

/// A provider to be tried.
#[derive(Debug)]
pub struct OidcTrial {
    /// The settings.
    pub settings: OidcSettings,
    /// The client's secret.
    pub client_secret: SecretString,
}

/// A trial that failed.
#[derive(Debug, Error)]
pub enum OidcTrialError {
    /// The settings make no provider.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The provider does not answer, or not as the standard has it.
    #[error("fetching the discovery document failed: {0}")]
    Discovery(String),
    /// It answers, but nobody could log in there.
    #[error("{step} failed: {reason}")]
    Unusable {
        /// Which step.
        step: &'static str,
        /// Why.
        reason: &'static str,
    },
}

/// What an administrator of Entra ID has to know: to us, groups that are not in the
/// token do not exist.
const MANY_GROUPS: &str = "This provider leaves the groups out of the token of a user who is in \
    more than 200: let it send only the groups that are assigned to the application, or app roles.";

impl Identity {
    /// Tries a provider: nobody logs in. Gives what is to be known of it.
    pub async fn try_oidc(&self, trial: OidcTrial) -> Result<Vec<&'static str>, OidcTrialError> {
        let OidcTrial { settings, client_secret } = trial;
        settings.check().map_err(DirectoryError::from)?;
        let provider =
            self.providers.look(&settings, client_secret).await.map_err(|error| match error {
                SsoError::Provider(reason) => OidcTrialError::Discovery(reason),
                other => OidcTrialError::Discovery(other.to_string()),
            })?;
        check(&provider)?;
        let entra_id = provider.metadata.additional_metadata().msgraph_host.is_some();
        Ok(entra_id.then_some(MANY_GROUPS).into_iter().collect())
    }
}

fn check(provider: &Provider) -> Result<(), OidcTrialError> {
    let unusable = |step, reason| Err(OidcTrialError::Unusable { step, reason });
    let metadata = &provider.metadata;
    if metadata.jwks().keys().is_empty() {
        return unusable("fetching the signing keys", "the provider publishes none");
    }
    if metadata.token_endpoint().is_none() {
        return unusable("finding the token endpoint", "the provider publishes none");
    }
    let signed = metadata.id_token_signing_alg_values_supported();
    if !signed.iter().any(|algorithm| super::provider::ALGORITHMS.contains(algorithm)) {
        return unusable(
            "agreeing on a signature",
            "the provider signs with no published key by an algorithm that is taken",
        );
    }
    Ok(())
}
