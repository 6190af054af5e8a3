//! Exports and imports.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where an export goes instead of into the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RemoteExportOptions {
    /// Name of the repository.
    pub remote_repository_nickname: String,
    /// Path of the file in it.
    pub file_path: String,
    /// Comment of the commit.
    pub comment: String,
}

/// Body of `POST /v1/file/group`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GroupExport {
    /// Names of the groups.
    pub groups: Vec<String>,
    /// Whether groups are defined apart from the rules that name them.
    pub use_name_referral: bool,
    /// A repository that the file goes to.
    pub remote_export_options: Option<RemoteExportOptions>,
}

/// Body of `POST /v1/file/admission`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AdmissionRulesExport {
    /// Whether the state of the admission control is in the file. Federated
    /// rules have none.
    pub export_config: bool,
    /// Ids of the rules.
    pub ids: Vec<u32>,
    /// A repository that the file goes to.
    pub remote_export_options: Option<RemoteExportOptions>,
}

/// Body of `POST /v1/file/response/rule`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ResponseRulesExport {
    /// Ids of the rules.
    pub ids: Vec<u32>,
    /// A repository that the file goes to.
    pub remote_export_options: Option<RemoteExportOptions>,
}

/// Body of `POST /v1/file/dlp` and `POST /v1/file/waf`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SensorsExport {
    /// Names of the sensors.
    pub names: Vec<String>,
    /// A repository that the file goes to.
    pub remote_export_options: Option<RemoteExportOptions>,
}

/// Body of `POST /v1/file/fed_config`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct FedConfigExport {
    /// A repository that the file goes to.
    pub remote_export_options: Option<RemoteExportOptions>,
}

/// How far an import is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportTask {
    /// Its id, which clients ask for in `X-Transaction-ID`.
    pub tid: String,
    /// Id of the replica that runs it.
    pub ctrler_id: String,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_update_time: String,
    /// How much is done, in percent.
    pub percentage: u32,
    /// Who began it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub triggered_by: String,
    /// `importing`, `done`, or why it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// A token for the time after an import that ended all sessions; none
    /// here does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub temp_token: String,
    /// By object, the fields that were encrypted with a key that is not here: none, since
    /// files hold no secrets.
    #[serde(default)]
    pub fail_to_decrypt_key_fields: BTreeMap<String, Vec<String>>,
    /// Of an import of a whole configuration that is done: what has no place here, and what
    /// stands in no file, as new registries and directories are logged in with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// Answer of an import: 206 while it runs, 200 when it is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportTaskData {
    /// How far it is.
    pub data: ImportTask,
}
