//! Trying a provider: what it publishes, and whether we can work with it.

use std::fmt;

use secrecy::SecretString;
use serde::Serialize;
use thiserror::Error;

use super::provider::{ALGORITHMS, Provider};
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

/// A step of a trial, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reaching the provider, and reading what it publishes.
    Discovery,
    /// Its keys.
    SigningKeys,
    /// Where codes are exchanged.
    TokenEndpoint,
    /// How it takes the client's secret.
    ClientSecret,
    /// How it signs.
    SignatureAlgorithm,
}

impl Step {
    /// Its name for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "oidc_discovery",
            Self::SigningKeys => "oidc_signing_keys",
            Self::TokenEndpoint => "oidc_token_endpoint",
            Self::ClientSecret => "oidc_client_secret",
            Self::SignatureAlgorithm => "oidc_signature_algorithm",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discovery => "fetching the discovery document",
            Self::SigningKeys => "fetching the signing keys",
            Self::TokenEndpoint => "finding the token endpoint",
            Self::ClientSecret => "agreeing on a place for the client's secret",
            Self::SignatureAlgorithm => "agreeing on a signature",
        })
    }
}

/// A trial that failed.
#[derive(Debug, Error)]
pub enum OidcTrialError {
    /// The settings make no provider.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The provider does not answer, or not as the standard has it, or nobody
    /// could log in there.
    #[error("{step} failed: {reason}")]
    Failed {
        /// Which step.
        step: Step,
        /// Why.
        reason: String,
    },
}

/// What is to be known of a provider before people log in there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OidcNote {
    /// What an administrator of Entra ID has to know: to us, groups that are not in
    /// the token do not exist.
    GroupsLeftOut,
    /// Whether it encrypts the ID tokens of a client, it does not publish: that it can is all that
    /// there is to see.
    MayEncrypt,
}

impl OidcNote {
    /// Its name for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GroupsLeftOut => "groups_left_out",
            Self::MayEncrypt => "may_encrypt",
        }
    }
}

impl fmt::Display for OidcNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GroupsLeftOut => {
                "This provider leaves the groups out of the token of a user who is in more than \
                 200: let it send only the groups that are assigned to the application, or app \
                 roles."
            }
            Self::MayEncrypt => {
                "This provider can encrypt ID tokens, and encrypted ones are not read: leave that \
                 off for this client."
            }
        })
    }
}

impl Identity {
    /// Tries a provider: nobody logs in. Gives what is to be known of it.
    pub async fn try_oidc(&self, trial: OidcTrial) -> Result<Vec<OidcNote>, OidcTrialError> {
        let OidcTrial { settings, client_secret } = trial;
        settings.check().map_err(DirectoryError::from)?;
        let looked = self.providers.look(&settings, client_secret).await;
        let provider = looked.map_err(|error| {
            let reason = match error {
                SsoError::Provider(reason) => reason,
                other => other.to_string(),
            };
            OidcTrialError::Failed { step: Step::Discovery, reason }
        })?;
        check(&provider)?;
        let metadata = &provider.metadata;
        let entra_id = metadata.additional_metadata().msgraph_host.is_some();
        let ways = metadata.id_token_encryption_alg_values_supported();
        let encrypts = ways.is_some_and(|ways| !ways.is_empty());
        let notes =
            [(entra_id, OidcNote::GroupsLeftOut), (encrypts, OidcNote::MayEncrypt)].into_iter();
        Ok(notes.filter_map(|(holds, note)| holds.then_some(note)).collect())
    }
}

fn check(provider: &Provider) -> Result<(), OidcTrialError> {
    let failed = |step, reason: String| Err(OidcTrialError::Failed { step, reason });
    let metadata = &provider.metadata;
    if metadata.jwks().keys().is_empty() {
        return failed(Step::SigningKeys, "the provider publishes none".to_owned());
    }
    if metadata.token_endpoint().is_none() {
        return failed(Step::TokenEndpoint, "the provider publishes none".to_owned());
    }
    if !provider.takes_secret() {
        let offered = metadata.token_endpoint_auth_methods_supported();
        let offered = named(offered.map(Vec::as_slice).unwrap_or_default());
        let reason = format!(
            "the provider takes it by {offered}, and here it goes by client_secret_basic or \
             client_secret_post"
        );
        return failed(Step::ClientSecret, reason);
    }
    let offered = metadata.id_token_signing_alg_values_supported();
    if !offered.iter().any(|one| ALGORITHMS.contains(one)) {
        let (offered, taken) = (named(offered), named(&ALGORITHMS));
        let reason = format!("the provider signs by {offered}, and what counts is {taken}");
        return failed(Step::SignatureAlgorithm, reason);
    }
    Ok(())
}

/// What is offered, by its names in the standard.
fn named<T: Serialize>(offered: &[T]) -> String {
    let name = |one: &T| Some(serde_json::to_value(one).ok()?.as_str()?.to_owned());
    offered.iter().filter_map(name).collect::<Vec<_>>().join(", ")
}
