//! The body of every error.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::file::ImportTaskData;
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
    /// Why, for programs, where the code alone does not tell: `not_primary`, this
    /// cluster is not the primary of a federation; of a login `no_role` or
    /// `too_many_sessions`; of the test of a directory `connect`, `bind`, `find_user`,
    /// `password` or `find_groups`, the step that failed, or why the directory does not let
    /// the account in, `account_…`; of that of a provider the step, `oidc_…` or `saml_…`; of
    /// a password `password_too_weak`, `password_too_long` or `password_used_before`; of the
    /// rules of passwords the rule that makes no sense: `profile_comment`, `profile_min_len`,
    /// `profile_counts`, `profile_expiration`, `profile_history`, `profile_block` or
    /// `profile_session_timeout`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What went wrong in the step that `reason` names, in English.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Present with code 46: the rules that cannot be changed here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_only_rule_ids: Vec<u32>,
    /// Present with code 14: what a password must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_profile_basic: Option<PasswordProfileBasic>,
    /// Present where an import is in the way, or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_task_data: Option<ImportTaskData>,
}

/// What a password must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasswordProfileBasic {
    /// Characters at least.
    pub min_len: u32,
    /// Upper-case letters at least.
    pub min_uppercase_count: u32,
    /// Lower-case letters at least.
    pub min_lowercase_count: u32,
    /// Digits at least.
    pub min_digit_count: u32,
    /// Other characters at least.
    pub min_special_count: u32,
}

impl ErrorBody {
    /// A body for `code` with `message` as its detail.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code: code.number(),
            error: code.text().to_owned(),
            message: message.into(),
            reason: String::new(),
            detail: String::new(),
            read_only_rule_ids: Vec::new(),
            password_profile_basic: None,
            import_task_data: None,
        }
    }
}
