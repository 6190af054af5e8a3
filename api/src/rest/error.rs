//! The body of every error.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Code;

/// The body of every error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// Numeric code, see [`Code`].
    pub code: u32,
    /// Fixed text of the code.
    pub error: String,
    /// What happened, and where it helps, what to do; or the fixed text again.
    pub message: String,
    /// Present with code 46: the rules that cannot be changed here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_only_rule_ids: Vec<u32>,
}

impl ErrorBody {
    /// A body for `code` with `message` as its detail.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code: code.number(),
            error: code.text().to_owned(),
            message: message.into(),
            read_only_rule_ids: Vec::new(),
        }
    }
}
