//! Registries and the images in them.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::report::ScanBrief;

/// When a registry is scanned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScanSchedule {
    /// `manual`, `auto` or `periodical`.
    #[serde(default)]
    pub schedule: String,
    /// Seconds between scans when periodical: 300 to 604,800.
    #[serde(default)]
    pub interval: i64,
}

impl Default for ScanSchedule {
    fn default() -> Self {
        Self { schedule: "manual".to_owned(), interval: 0 }
    }
}

/// Access to Amazon's registry. Secrets are taken, never given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AwsAccountKey {
    /// The account.
    pub id: String,
    /// The region.
    pub region: String,
    /// Always empty.
    pub access_key_id: String,
    /// Always empty.
    pub secret_access_key: String,
}

/// Access to Google's registry. Secrets are taken, never given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GcrKey {
    /// Always empty.
    pub json_key: String,
}

/// A registry, as clients and members of the federation see it: its secrets
/// are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Registry {
    /// Its name; federated ones start with `fed.`.
    pub name: String,
    /// For example `Docker Registry`.
    pub registry_type: String,
    /// URL with a trailing slash.
    pub registry: String,
    /// User to log in as.
    pub username: String,
    /// Always empty.
    pub password: String,
    /// Always empty.
    pub auth_token: String,
    /// Whether to log in with a token.
    pub auth_with_token: bool,
    /// Namespaces whose users see the registry.
    pub domains: Vec<String>,
    /// Which images are scanned: `[org/]repository[:tag]` with wildcards.
    pub filters: Vec<String>,
    /// Whether a new vulnerability database re-scans all images.
    pub rescan_after_db_update: bool,
    /// Whether reports tell vulnerabilities by layer.
    pub scan_layers: bool,
    /// Repositories at most; 0: no limit.
    pub repo_limit: i64,
    /// Newest tags of a repository at most; 0: no limit.
    pub tag_limit: i64,
    /// When it is scanned.
    pub schedule: ScanSchedule,
    /// Access to Amazon's registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_key: Option<AwsAccountKey>,
    /// Access to Google's registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gcr_key: Option<GcrKey>,
    /// JFrog: `Repository Path`, `Subdomain` or `Port`.
    pub jfrog_mode: String,
    /// JFrog: list with its query language.
    pub jfrog_aql: bool,
    /// GitLab: address of its API.
    pub gitlab_external_url: String,
    /// Always empty.
    pub gitlab_private_token: String,
    /// IBM: address that gives tokens.
    pub ibm_cloud_token_url: String,
    /// IBM: the account.
    pub ibm_cloud_account: String,
    /// `user_created` or `federal`.
    pub cfg_type: String,
    /// Whether to connect without the proxy.
    pub ignore_proxy: bool,
}

/// A registry with the state of its scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RegistrySummary {
    /// The registry.
    #[serde(flatten)]
    pub registry: Registry,
    /// `idle` or `scanning`.
    pub status: String,
    /// What went wrong last; empty when nothing did.
    pub error_message: String,
    /// More about what went wrong.
    pub error_detail: String,
    /// When the last scan was started, RFC 3339.
    pub started_at: String,
    /// Images whose scan has finished.
    pub scanned: i64,
    /// Images that wait for their scan.
    pub scheduled: i64,
    /// Images in scan.
    pub scanning: i64,
    /// Images whose scan failed.
    pub failed: i64,
    /// Version of the vulnerability database.
    pub cvedb_version: String,
    /// When the vulnerability database was made, RFC 3339.
    pub cvedb_create_time: String,
}

/// Answer of `GET /v1/scan/registry/{name}`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RegistrySummaryData {
    /// The registry.
    pub summary: RegistrySummary,
}

/// Answer of `GET /v1/scan/registry`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RegistrySummaryListData {
    /// The registries; the key's spelling is what clients know.
    pub summarys: Vec<RegistrySummary>,
}

/// Settings of a registry to create or change; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct RegistryConfig {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// For example `Docker Registry`.
    #[serde(default)]
    pub registry_type: String,
    /// Its URL.
    pub registry: Option<String>,
    /// User to log in as.
    pub username: Option<String>,
    /// Password of the user.
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<SecretString>,
    /// Token to log in with.
    #[schema(value_type = Option<String>, format = Password)]
    pub auth_token: Option<SecretString>,
    /// Whether to log in with the token.
    pub auth_with_token: Option<bool>,
    /// Namespaces whose users see the registry.
    pub domains: Option<Vec<String>>,
    /// Which images are scanned.
    pub filters: Option<Vec<String>>,
    /// Whether a new vulnerability database re-scans all images.
    pub rescan_after_db_update: Option<bool>,
    /// Whether reports tell vulnerabilities by layer.
    pub scan_layers: Option<bool>,
    /// Repositories at most; 0: no limit.
    pub repo_limit: Option<i64>,
    /// Newest tags of a repository at most; 0: no limit.
    pub tag_limit: Option<i64>,
    /// When it is scanned.
    pub schedule: Option<ScanSchedule>,
    /// `user_created` or `federal`.
    pub cfg_type: Option<String>,
    /// Whether to connect without the proxy.
    pub ignore_proxy: Option<bool>,
    /// Amazon: the account and its access key.
    pub aws_key: Option<AwsAccountKeyConfig>,
    /// Google: the key of a service account.
    pub gcr_key: Option<GcrKeyConfig>,
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
    /// What the registry's webhook proves itself with, 16 characters at least;
    /// empty: it has none.
    #[schema(value_type = Option<String>, format = Password)]
    pub webhook_secret: Option<SecretString>,
}

/// Access to Amazon's registry; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct AwsAccountKeyConfig {
    /// The account.
    pub id: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Id of the access key; without one the role of the machine is used.
    #[schema(value_type = Option<String>, format = Password)]
    pub access_key_id: Option<SecretString>,
    /// The access key.
    #[schema(value_type = Option<String>, format = Password)]
    pub secret_access_key: Option<SecretString>,
}

/// Access to Google's registry.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct GcrKeyConfig {
    /// The key of a service account, JSON.
    #[schema(value_type = Option<String>, format = Password)]
    pub json_key: Option<SecretString>,
}

/// Body of `POST /v1/scan/registry`, `PATCH /v1/scan/registry/{name}` and
/// `POST /v1/scan/registry/{name}/test`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct RegistryConfigData {
    /// The settings.
    pub config: RegistryConfig,
}

/// One step of the test of a registry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegistryTestStep {
    /// `message`, `error` or `data`.
    pub step_type: String,
    /// What was done and how it went, for people.
    pub step_content: String,
    /// What was done: `settings`, `connect`, `list_repositories`, `no_repository`,
    /// `list_tags`, `timeout` or `succeeded`.
    pub step: String,
    /// With what: the registry's address, or a repository.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// How many were found, where the step looks for something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Why the step failed: 1 network, 6 no answer in time, 8 refused or nonsense,
    /// 13 credentials, 14 certificate, 17 no such thing, 19 settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<u32>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
}

/// Answer of `POST /v1/scan/registry/{name}/test`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct RegistryTestStepData {
    /// The steps so far.
    pub steps: Vec<RegistryTestStep>,
}

/// An image of a registry with the summary of its scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RegistryImageSummary {
    /// The namespace the image is shown in.
    pub domain: String,
    /// The repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// Digest of the image's configuration, without its algorithm.
    pub image_id: String,
    /// Digest of the image's manifest.
    pub digest: String,
    /// Sum of the layers' sizes in bytes, as stored.
    pub size: i64,
    /// Who made the image, by its configuration.
    pub author: String,
    /// Whether the image names no user or root.
    pub run_as_root: bool,
    /// When the image was made, RFC 3339.
    pub created_at: String,
    /// Environment variables that the image sets.
    pub envs: Vec<String>,
    /// Labels of the image.
    pub labels: BTreeMap<String, String>,
    /// Digests of the layers, newest first.
    pub layers: Vec<String>,
    /// The summary of the scan.
    #[serde(flatten)]
    pub brief: ScanBrief,
}

/// Answer of `GET /v1/scan/registry/{name}/images`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct RegistryImageSummaryData {
    /// The images.
    pub images: Vec<RegistryImageSummary>,
}

/// The kinds of registries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegistryTypeList {
    /// Their names.
    pub registry_type: Vec<String>,
}

/// Answer of `GET /v1/list/registry_type`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegistryTypeListData {
    /// The kinds.
    pub list: RegistryTypeList,
}
