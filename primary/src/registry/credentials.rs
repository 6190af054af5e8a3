//! Credentials of registries: sealed in the database, never in the log.

use palisade_api::rest::scan::Registry;
use palisade_scanner::source::registry::{
    AwsAccess, RegistryAccess, RegistryClient, RegistryError, RegistryKind, RegistrySettings,
};
use palisade_transport::seal::Sealer;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::RegistryFailure;

/// What a registry is logged in with.
#[derive(Clone, Debug, Default)]
pub struct RegistryCredentials {
    /// Password of the user.
    pub password: Option<SecretString>,
    /// Token, used as the password where the registry wants a token.
    pub auth_token: Option<SecretString>,
    /// Id of Amazon's access key.
    pub aws_access_key_id: Option<SecretString>,
    /// Amazon's access key.
    pub aws_secret_access_key: Option<SecretString>,
    /// Key of a service account at Google, JSON.
    pub google_key: Option<SecretString>,
    /// Token for GitLab's API.
    pub gitlab_token: Option<SecretString>,
    /// What the registry's webhook proves itself with.
    pub webhook_secret: Option<SecretString>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Stored {
    password: Option<String>,
    auth_token: Option<String>,
    aws_access_key_id: Option<String>,
    aws_secret_access_key: Option<String>,
    google_key: Option<String>,
    gitlab_token: Option<String>,
    webhook_secret: Option<String>,
}

impl RegistryCredentials {
    fn all(&self) -> [&Option<SecretString>; 7] {
        [
            &self.password,
            &self.auth_token,
            &self.aws_access_key_id,
            &self.aws_secret_access_key,
            &self.google_key,
            &self.gitlab_token,
            &self.webhook_secret,
        ]
    }

    /// The sealed form, bound to the registry's name; none when there is
    /// nothing to seal.
    pub fn seal(&self, sealer: &Sealer, name: &str) -> Result<Option<Vec<u8>>, RegistryFailure> {
        if self.all().iter().all(|secret| secret.is_none()) {
            return Ok(None);
        }
        let plain = |secret: &Option<SecretString>| {
            secret.as_ref().map(|secret| secret.expose_secret().to_owned())
        };
        let stored = Stored {
            password: plain(&self.password),
            auth_token: plain(&self.auth_token),
            aws_access_key_id: plain(&self.aws_access_key_id),
            aws_secret_access_key: plain(&self.aws_secret_access_key),
            google_key: plain(&self.google_key),
            gitlab_token: plain(&self.gitlab_token),
            webhook_secret: plain(&self.webhook_secret),
        };
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
        let secret = |text: Option<String>| text.map(SecretString::from);
        Ok(Self {
            password: secret(stored.password),
            auth_token: secret(stored.auth_token),
            aws_access_key_id: secret(stored.aws_access_key_id),
            aws_secret_access_key: secret(stored.aws_secret_access_key),
            google_key: secret(stored.google_key),
            gitlab_token: secret(stored.gitlab_token),
            webhook_secret: secret(stored.webhook_secret),
        })
    }

    /// A client of `registry` that logs in with these.
    pub fn client(&self, registry: &Registry) -> Result<RegistryClient, RegistryError> {
        RegistryClient::connect(self.settings(registry)?)
    }

    /// How `registry` is reached with these.
    fn settings(&self, registry: &Registry) -> Result<RegistrySettings, RegistryError> {
        let unknown = |what: &str| {
            RegistryError::Settings(format!("the {what} of the registry is not known"))
        };
        let mut access = RegistryAccess::new(&registry.registry)?;
        access.ignore_proxy = registry.ignore_proxy;
        if let Some(password) = &self.password {
            let user =
                if registry.username.is_empty() { "token" } else { registry.username.as_str() };
            access = access.with_credentials(user, password.clone());
        }
        let kind: RegistryKind = registry.registry_type.parse().map_err(|_| unknown("type"))?;
        let mut settings = RegistrySettings::new(kind, access);
        if registry.auth_with_token {
            settings.token.clone_from(&self.auth_token);
            if let Some(token) = &self.auth_token
                && !registry.username.is_empty()
            {
                settings.access =
                    settings.access.with_credentials(&registry.username, token.clone());
            }
        }
        if let Some(aws) = &registry.aws_key {
            let id = self.aws_access_key_id.as_ref();
            settings.aws = AwsAccess {
                account: aws.id.clone(),
                region: aws.region.clone(),
                access_key_id: id.map_or_else(String::new, |id| id.expose_secret().to_owned()),
                secret_access_key: self.aws_secret_access_key.clone(),
                metadata: None,
            };
        }
        settings.google_key.clone_from(&self.google_key);
        settings.artifactory_mode = registry.jfrog_mode.parse().map_err(|_| unknown("mode"))?;
        settings.artifactory_query = registry.jfrog_aql;
        settings.gitlab_token.clone_from(&self.gitlab_token);
        settings.gitlab_url = address(&registry.gitlab_external_url)?;
        settings.ibm_token_url = address(&registry.ibm_cloud_token_url)?;
        settings.ibm_account.clone_from(&registry.ibm_cloud_account);
        Ok(settings)
    }
}

/// An address beside the registry's own; none when it is not set.
fn address(text: &str) -> Result<Option<Url>, RegistryError> {
    if text.is_empty() {
        return Ok(None);
    }
    RegistryAccess::new(text).map(|access| Some(access.url))
}

fn purpose(name: &str) -> String {
    format!("credentials of registry {name}")
}
