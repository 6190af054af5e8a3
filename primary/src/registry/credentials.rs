//! Credentials of registries: sealed in the database, never in the log.

use palisade_api::rest::scan::Registry;
use palisade_scanner::source::registry::{RegistryAccess, RegistryClient, RegistryError};
use palisade_transport::seal::Sealer;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::RegistryFailure;

/// What a registry is logged in with.
#[derive(Clone, Debug, Default)]
pub struct RegistryCredentials {
    /// Password of the user.
    pub password: Option<SecretString>,
    /// Token, used as the password where the registry wants a token.
    pub auth_token: Option<SecretString>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    password: Option<String>,
    auth_token: Option<String>,
}

impl RegistryCredentials {
    /// The sealed form, bound to the registry's name; none when there is
    /// nothing to seal.
    pub fn seal(&self, sealer: &Sealer, name: &str) -> Result<Option<Vec<u8>>, RegistryFailure> {
        if self.password.is_none() && self.auth_token.is_none() {
            return Ok(None);
        }
        let plain = |secret: &Option<SecretString>| {
            secret.as_ref().map(|secret| secret.expose_secret().to_owned())
        };
        let stored =
            Stored { password: plain(&self.password), auth_token: plain(&self.auth_token) };
        let json = secrecy::SecretSlice::from(serde_json::to_vec(&stored)?);
        Ok(Some(sealer.seal(&purpose(name), json.expose_secret())?))
    }

    /// Opens the sealed form.
    pub fn open(
        stored: Option<&[u8]>,
        sealer: &Sealer,
        name: &str,
    ) -> Result<Self, RegistryFailure> {
        let Some(stored) = stored else { return Ok(Self::default()) };
        let json = sealer.open(&purpose(name), stored)?;
        let stored: Stored = serde_json::from_slice(json.expose_secret())?;
        Ok(Self {
            password: stored.password.map(SecretString::from),
            auth_token: stored.auth_token.map(SecretString::from),
        })
    }

    /// A client of `registry` that logs in with these.
    pub fn client(&self, registry: &Registry) -> Result<RegistryClient, RegistryError> {
        RegistryClient::new(self.access(registry)?)
    }

    /// How `registry` is reached with these.
    pub fn access(&self, registry: &Registry) -> Result<RegistryAccess, RegistryError> {
        let mut access = RegistryAccess::new(&registry.registry)?;
        access.ignore_proxy = registry.ignore_proxy;
        let secret = if registry.auth_with_token { &self.auth_token } else { &self.password };
        if let Some(secret) = secret {
            let user =
                if registry.username.is_empty() { "token" } else { registry.username.as_str() };
            access = access.with_credentials(user, secret.clone());
        }
        Ok(access)
    }
}

fn purpose(name: &str) -> String {
    format!("credentials of registry {name}")
}
