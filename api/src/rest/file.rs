//! Exports and imports.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Answer of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportTaskData {
    /// How far it has come.
    pub data: ImportTask,
}

/// How far an import has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ImportTask {
    /// Its number, for `X-Transaction-ID`.
    pub tid: String,
    /// Who does it.
    pub ctrler_id: String,
    /// RFC 3339.
    pub last_update_time: String,
    /// 0 to 100.
    pub percentage: u32,
    /// Who asked for it.
    pub triggered_by: String,
    /// `done`.
    pub status: String,
    /// Always empty: no import ends the session.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub temp_token: String,
}
