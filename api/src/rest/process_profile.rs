//! Process profiles: what the members of a group may run.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::is_zero;

/// A rule of a process profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProcessProfileEntry {
    /// Name of the process; `*` for any.
    pub name: String,
    /// Path of the executable; may hold one `*`.
    pub path: String,
    /// Who runs it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Who runs it, as a number.
    #[serde(skip_serializing_if = "is_zero")]
    pub uid: i32,
    /// `allow` or `deny`.
    pub action: String,
    /// `learned`, `user_created`, `ground`, `federal` or `system_defined`.
    pub cfg_type: String,
    /// Its id.
    pub uuid: String,
    /// The group whose profile it is in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Whether the executable may change.
    pub allow_update: bool,
    /// Unix seconds.
    pub created_timestamp: i64,
    /// Unix seconds.
    pub last_modified_timestamp: i64,
}

/// The process profile of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProcessProfile {
    /// The group.
    pub group: String,
    /// Whether nothing is reported.
    pub alert_disabled: bool,
    /// Whether executables are told apart by their digests.
    pub hash_enabled: bool,
    /// `zero-drift` or `basic`; empty for groups without a mode.
    pub baseline: String,
    /// `Discover`, `Monitor` or `Protect`; empty for groups without a mode.
    pub mode: String,
    /// The rules; the first that fits decides.
    pub process_list: Vec<ProcessProfileEntry>,
}

/// Answer of `GET /v1/process_profile/{name}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ProcessProfileData {
    /// The profile.
    pub process_profile: ProcessProfile,
}

/// Answer of `GET /v1/process_profile`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ProcessProfilesData {
    /// The profiles by group.
    pub process_profiles: Vec<ProcessProfile>,
}

/// A rule to write or to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProcessProfileEntryConfig {
    /// Name of the process; `*` for any.
    pub name: String,
    /// Path of the executable; may hold one `*`.
    pub path: String,
    /// `allow` or `deny`.
    pub action: String,
    /// The group whose profile it is in.
    pub group: String,
    /// Whether the executable may change.
    pub allow_update: bool,
}

/// Changes of a profile; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct ProcessProfileConfig {
    /// The group.
    #[serde(default)]
    pub group: String,
    /// Whether nothing is reported.
    pub alert_disabled: Option<bool>,
    /// Whether executables are told apart by their digests.
    pub hash_enabled: Option<bool>,
    /// `zero-drift` or `basic`, for groups with a mode.
    pub baseline: Option<String>,
    /// Rules that are written, after others were deleted.
    pub process_change_list: Option<Vec<ProcessProfileEntryConfig>>,
    /// Rules that are deleted.
    pub process_delete_list: Option<Vec<ProcessProfileEntryConfig>>,
}

/// Body of `PATCH /v1/process_profile/{name}`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct ProcessProfileConfigData {
    /// The changes.
    pub process_profile_config: ProcessProfileConfig,
}
