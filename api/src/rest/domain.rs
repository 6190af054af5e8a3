//! Namespaces, which clients call domains.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Domain {
    /// Its name.
    pub name: String,
    /// Containers in it.
    pub workloads: u32,
    /// Those that run.
    pub running_workloads: u32,
    /// Pods that run.
    pub running_pods: u32,
    /// Learned services.
    pub services: u32,
    /// The regulations that what runs there is subject to.
    pub tags: Vec<String>,
    /// Its labels; none where they are not known.
    pub labels: BTreeMap<String, String>,
    /// Whether nothing may cross its boundary.
    pub nbe: bool,
}

/// Answer of `GET /v1/domain`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DomainsData {
    /// The namespaces.
    pub domains: Vec<Domain>,
    /// Whether each namespace is seen by its own tags.
    pub tag_per_domain: bool,
}

/// Body of `PATCH /v1/domain`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct DomainConfigData {
    /// What to change of all.
    pub config: DomainConfig,
}

/// What to change of all namespaces.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct DomainConfig {
    /// Whether each is seen by its own tags.
    pub tag_per_domain: Option<bool>,
}

/// Body of `PATCH /v1/domain/{name}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct DomainEntryConfigData {
    /// What to change of one.
    pub config: DomainEntryConfig,
}

/// What to change of one namespace.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct DomainEntryConfig {
    /// Its name; that of the path.
    pub name: String,
    /// All its tags.
    pub tags: Option<Vec<String>>,
}
