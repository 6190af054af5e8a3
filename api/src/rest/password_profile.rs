//! The rules of passwords.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::PasswordProfileBasic;

/// The rules of passwords.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PwdProfile {
    /// Its name.
    pub name: String,
    /// For the administrators.
    pub comment: String,
    /// What a password must have.
    #[serde(flatten)]
    pub basic: PasswordProfileBasic,
    /// Whether passwords expire.
    pub enable_password_expiration: bool,
    /// After so many days.
    pub password_expire_after_days: u32,
    /// Whether former passwords are refused.
    pub enable_password_history: bool,
    /// So many of them, the present one included; 32 at most.
    pub password_keep_history_count: u32,
    /// Whether failed logins block a user.
    pub enable_block_after_failed_login: bool,
    /// After so many.
    pub block_after_failed_login_count: u32,
    /// For so many minutes.
    pub block_minutes: u32,
    /// Idle time in seconds of users that have none of their own.
    pub session_timeout: u32,
}

/// Answer of `GET /v1/password_profile`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PwdProfilesData {
    /// The profiles; there is one.
    pub pwd_profiles: Vec<PwdProfile>,
    /// The one that holds.
    pub active_profile_name: String,
}

/// Answer of `GET /v1/password_profile/{name}`: for callers who may not read
/// users only what a password must have.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PwdProfileData {
    /// The profile.
    pub pwd_profile: PwdProfileConditional,
}

/// A profile, or what a password must have.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum PwdProfileConditional {
    /// All of it.
    Full(PwdProfile),
    /// What a password must have.
    Basic(PasswordProfileBasic),
}

/// Body of `PATCH /v1/password_profile/{name}`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PwdProfileConfigData {
    /// What to change; absent keys keep their value.
    pub config: PwdProfileConfig,
}

/// What to change of a profile.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PwdProfileConfig {
    /// Its name; that of the path.
    pub name: String,
    /// For the administrators.
    pub comment: Option<String>,
    /// Characters at least.
    pub min_len: Option<u32>,
    /// Upper-case letters at least.
    pub min_uppercase_count: Option<u32>,
    /// Lower-case letters at least.
    pub min_lowercase_count: Option<u32>,
    /// Digits at least.
    pub min_digit_count: Option<u32>,
    /// Other characters at least.
    pub min_special_count: Option<u32>,
    /// Whether passwords expire.
    pub enable_password_expiration: Option<bool>,
    /// After so many days.
    pub password_expire_after_days: Option<u32>,
    /// Whether former passwords are refused.
    pub enable_password_history: Option<bool>,
    /// So many of them, the present one included; more than 32 become 32.
    pub password_keep_history_count: Option<u32>,
    /// Whether failed logins block a user.
    pub enable_block_after_failed_login: Option<bool>,
    /// After so many.
    pub block_after_failed_login_count: Option<u32>,
    /// For so many minutes.
    pub block_minutes: Option<u32>,
    /// Idle time in seconds.
    pub session_timeout: Option<u32>,
}
