//! Registries as resources of our own, but for what they are logged in with: secrets
//! stand in no file.

use palisade_api::rest::scan::{
    AwsAccountKeyConfig, GcrKeyConfig, Registry, RegistryConfig, ScanSchedule,
};
use serde::{Deserialize, Serialize};

use super::rule_list::API_VERSION;
use super::{Metadata, Resource, resource_name};

/// The kind of the resources.
pub const KIND: &str = "Registry";

/// An account at Amazon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AwsAccount {
    /// The account.
    pub id: String,
    /// The region.
    pub region: String,
}

/// A registry. What clients of the REST API say of it, under the same names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Its name.
    pub name: String,
    /// For example `Docker Registry`.
    pub registry_type: String,
    /// Its URL.
    pub registry: String,
    /// User to log in as.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// Whether to log in with a token.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub auth_with_token: bool,
    /// Access to Amazon's registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_key: Option<AwsAccount>,
    /// Whether it is logged in to with a key of Google's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub gcr_key: bool,
    /// Namespaces whose users see the registry.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<String>,
    /// Which images are scanned.
    pub filters: Vec<String>,
    /// `manual`, `auto` or `periodical`.
    pub schedule: String,
    /// Seconds between scans when periodical.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<i64>,
    /// Whether a new vulnerability database re-scans all images.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rescan_after_db_update: bool,
    /// Whether reports tell vulnerabilities by layer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub scan_layers: bool,
    /// Repositories at most; absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repo_limit: Option<i64>,
    /// Newest tags of a repository at most; absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_limit: Option<i64>,
    /// JFrog: how repositories are told apart; absent: it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jfrog_mode: Option<String>,
    /// JFrog: list with its query language.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub jfrog_aql: bool,
    /// GitLab: address of its API.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub gitlab_external_url: String,
    /// IBM: address that gives tokens.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ibm_cloud_token_url: String,
    /// IBM: the account.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ibm_cloud_account: String,
    /// Whether to connect without the proxy.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignore_proxy: bool,
}

impl Spec {
    /// Whether something secret belongs to it, by what it says.
    pub const fn has_secrets(&self) -> bool {
        !self.username.is_empty() || self.auth_with_token || self.aws_key.is_some() || self.gcr_key
    }

    /// The registry as a client would describe it, whose secrets stay.
    pub fn into_config(self) -> RegistryConfig {
        let aws = |account: AwsAccount| AwsAccountKeyConfig {
            id: Some(account.id),
            region: Some(account.region),
            ..AwsAccountKeyConfig::default()
        };
        RegistryConfig {
            name: self.name,
            registry_type: self.registry_type,
            registry: Some(self.registry),
            username: Some(self.username),
            auth_with_token: Some(self.auth_with_token),
            domains: Some(self.domains),
            filters: Some(self.filters),
            rescan_after_db_update: Some(self.rescan_after_db_update),
            scan_layers: Some(self.scan_layers),
            repo_limit: Some(self.repo_limit.unwrap_or_default()),
            tag_limit: Some(self.tag_limit.unwrap_or_default()),
            schedule: Some(ScanSchedule {
                schedule: self.schedule,
                interval: self.interval.unwrap_or_default(),
            }),
            ignore_proxy: Some(self.ignore_proxy),
            aws_key: self.aws_key.map(aws),
            gcr_key: self.gcr_key.then(GcrKeyConfig::default),
            jfrog_mode: self.jfrog_mode,
            jfrog_aql: Some(self.jfrog_aql),
            gitlab_external_url: Some(self.gitlab_external_url),
            ibm_cloud_token_url: Some(self.ibm_cloud_token_url),
            ibm_cloud_account: Some(self.ibm_cloud_account),
            ..RegistryConfig::default()
        }
    }
}

/// A registry as a resource.
pub fn export(registry: &Registry) -> Resource<Spec> {
    let limit = |limit: i64| (limit != 0).then_some(limit);
    let aws = registry.aws_key.as_ref();
    let spec = Spec {
        name: registry.name.clone(),
        registry_type: registry.registry_type.clone(),
        registry: registry.registry.clone(),
        username: registry.username.clone(),
        auth_with_token: registry.auth_with_token,
        aws_key: aws.map(|aws| AwsAccount { id: aws.id.clone(), region: aws.region.clone() }),
        gcr_key: registry.gcr_key.is_some(),
        domains: registry.domains.clone(),
        filters: registry.filters.clone(),
        schedule: registry.schedule.schedule.clone(),
        interval: limit(registry.schedule.interval),
        rescan_after_db_update: registry.rescan_after_db_update,
        scan_layers: registry.scan_layers,
        repo_limit: limit(registry.repo_limit),
        tag_limit: limit(registry.tag_limit),
        jfrog_mode: Some(registry.jfrog_mode.clone()).filter(|mode| !mode.is_empty()),
        jfrog_aql: registry.jfrog_aql,
        gitlab_external_url: registry.gitlab_external_url.clone(),
        ibm_cloud_token_url: registry.ibm_cloud_token_url.clone(),
        ibm_cloud_account: registry.ibm_cloud_account.clone(),
        ignore_proxy: registry.ignore_proxy,
    };
    Resource {
        api_version: API_VERSION.to_owned(),
        kind: KIND.to_owned(),
        metadata: Metadata { name: resource_name(&registry.name), namespace: None },
        spec,
    }
}
