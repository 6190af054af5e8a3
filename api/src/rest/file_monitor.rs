//! File monitors: the files of a group that are watched.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A filter of a file monitor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct FileMonitorFilter {
    /// Absolute path; `*` stands for any text.
    pub filter: String,
    /// Whether folders below count too.
    pub recursive: bool,
    /// `monitor_change` or `block_access`.
    pub behavior: String,
    /// Executables that may do it nevertheless.
    pub applications: Vec<String>,
    /// `user_created`, `ground`, `federal` or `system_defined`.
    pub cfg_type: String,
    /// The group whose monitor it is in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Unix seconds.
    pub created_timestamp: i64,
    /// Unix seconds.
    pub last_modified_timestamp: i64,
}

/// The file monitor of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct FileMonitorProfile {
    /// The group.
    pub group: String,
    /// What is watched.
    pub filters: Vec<FileMonitorFilter>,
}

/// Answer of `GET /v1/file_monitor/{name}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct FileMonitorProfileData {
    /// The monitor.
    pub profile: FileMonitorProfile,
}

/// Answer of `GET /v1/file_monitor`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct FileMonitorProfilesData {
    /// The monitors by group.
    pub profiles: Vec<FileMonitorProfile>,
}

/// A filter to add, to change or to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct FileMonitorFilterConfig {
    /// Absolute path; `*` stands for any text.
    pub filter: String,
    /// Whether folders below count too.
    pub recursive: bool,
    /// `monitor_change` or `block_access`.
    pub behavior: String,
    /// Executables that may do it nevertheless.
    pub applications: Vec<String>,
    /// The group whose monitor it is in.
    pub group: String,
}

/// Changes of a file monitor: filters are deleted, added, then changed.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct FileMonitorConfig {
    /// Filters that are added.
    pub add_filters: Option<Vec<FileMonitorFilterConfig>>,
    /// Filters that are deleted.
    pub delete_filters: Option<Vec<FileMonitorFilterConfig>>,
    /// Filters that are changed.
    pub update_filters: Option<Vec<FileMonitorFilterConfig>>,
}

/// Body of `PATCH /v1/file_monitor/{name}`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct FileMonitorConfigData {
    /// The changes.
    pub config: FileMonitorConfig,
}
