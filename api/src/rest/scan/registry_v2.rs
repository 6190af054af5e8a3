//! Settings of a registry in groups, as `/v2/scan/registry` takes them.

use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::registry::{AwsAccountKeyConfig, GcrKeyConfig, RegistryConfig, ScanSchedule};

/// Settings of a registry; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct RegistryConfigV2 {
    /// Its name; federated ones start with `fed.`.
    #[serde(default)]
    pub name: String,
    /// For example `Docker Registry`.
    #[serde(default)]
    pub registry_type: String,
    /// URL of the registry.
    pub registry: Option<String>,
    /// Namespaces whose users see the registry.
    pub domains: Option<Vec<String>>,
    /// Which images are scanned: `[org/]repository[:tag]` with wildcards.
    pub filters: Option<Vec<String>>,
    /// `user_created` or `federal`.
    pub cfg_type: Option<String>,
    /// Who logs in.
    pub auth: Option<RegistryConfigAuth>,
    /// What is scanned and when.
    pub scan: Option<RegistryConfigScan>,
    /// What single products need.
    pub integrations: Option<RegistryConfigIntegrations>,
}

/// Who logs in.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct RegistryConfigAuth {
    /// User to log in as.
    pub username: Option<String>,
    /// Their password.
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<SecretString>,
    /// Token to log in with.
    #[schema(value_type = Option<String>, format = Password)]
    pub auth_token: Option<SecretString>,
    /// Whether to log in with the token.
    pub auth_with_token: Option<bool>,
    /// Amazon: the account and its access key.
    pub aws_key: Option<AwsAccountKeyConfig>,
    /// Google: the key of a service account.
    pub gcr_key: Option<GcrKeyConfig>,
    /// What the registry's webhook proves itself with, 16 characters at least;
    /// empty: it has none.
    #[schema(value_type = Option<String>, format = Password)]
    pub webhook_secret: Option<SecretString>,
}

/// What is scanned and when.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct RegistryConfigScan {
    /// Whether a new vulnerability database is held against all images.
    pub rescan_after_db_update: Option<bool>,
    /// Whether reports tell vulnerabilities by layer.
    pub scan_layers: Option<bool>,
    /// Repositories at most; 0: no limit.
    pub repo_limit: Option<i64>,
    /// Newest tags of a repository at most; 0: no limit.
    pub tag_limit: Option<i64>,
    /// When it is scanned.
    pub schedule: Option<ScanSchedule>,
    /// Whether to connect without the proxy.
    pub ignore_proxy: Option<bool>,
}

/// What single products need.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct RegistryConfigIntegrations {
    /// JFrog: `Repository Path`, `Subdomain` or `Port`.
    pub jfrog_mode: Option<String>,
    /// JFrog: list with its query language.
    pub jfrog_aql: Option<bool>,
    /// GitLab: address of its API.
    pub gitlab_external_url: Option<String>,
    /// GitLab: token for its API.
    #[schema(value_type = Option<String>, format = Password)]
    pub gitlab_private_token: Option<SecretString>,
    /// IBM: address that gives tokens.
    pub ibm_cloud_token_url: Option<String>,
    /// IBM: the account.
    pub ibm_cloud_account: Option<String>,
}

/// Body of `POST /v2/scan/registry`, `PATCH /v2/scan/registry/{name}` and
/// `POST /v2/scan/registry/{name}/test`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct RegistryConfigDataV2 {
    /// The settings.
    pub config: RegistryConfigV2,
}

impl From<RegistryConfigV2> for RegistryConfig {
    fn from(config: RegistryConfigV2) -> Self {
        let auth = config.auth.unwrap_or_default();
        let scan = config.scan.unwrap_or_default();
        let integrations = config.integrations.unwrap_or_default();
        Self {
            name: config.name,
            registry_type: config.registry_type,
            registry: config.registry,
            domains: config.domains,
            filters: config.filters,
            cfg_type: config.cfg_type,
            username: auth.username,
            password: auth.password,
            auth_token: auth.auth_token,
            auth_with_token: auth.auth_with_token,
            aws_key: auth.aws_key,
            gcr_key: auth.gcr_key,
            webhook_secret: auth.webhook_secret,
            rescan_after_db_update: scan.rescan_after_db_update,
            scan_layers: scan.scan_layers,
            repo_limit: scan.repo_limit,
            tag_limit: scan.tag_limit,
            schedule: scan.schedule,
            ignore_proxy: scan.ignore_proxy,
            jfrog_mode: integrations.jfrog_mode,
            jfrog_aql: integrations.jfrog_aql,
            gitlab_external_url: integrations.gitlab_external_url,
            gitlab_private_token: integrations.gitlab_private_token,
            ibm_cloud_token_url: integrations.ibm_cloud_token_url,
            ibm_cloud_account: integrations.ibm_cloud_account,
        }
    }
}
