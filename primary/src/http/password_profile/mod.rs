//! `/v1/password_profile`: the rules of passwords.

mod get;
mod list;
mod update;

use palisade_api::rest::password_profile::PwdProfile;
use palisade_identity::PasswordProfile;

use super::ApiRouter;
use super::error::{ApiError, Reason};
use super::user::basic;
use crate::http::endpoint::routes;
use crate::identity::{DEFAULT_PROFILE, PasswordProfileError};

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(list::password_profile_list))
        .routes(routes!(get::password_profile_get, update::password_profile_update))
}

fn rest_profile(profile: &PasswordProfile) -> PwdProfile {
    PwdProfile {
        name: DEFAULT_PROFILE.to_owned(),
        comment: profile.comment.clone(),
        basic: basic(profile),
        enable_password_expiration: profile.enable_password_expiration,
        password_expire_after_days: profile.password_expire_after_days,
        enable_password_history: profile.enable_password_history,
        password_keep_history_count: profile.password_keep_history_count,
        enable_block_after_failed_login: profile.enable_block_after_failed_login,
        block_after_failed_login_count: profile.block_after_failed_login_count,
        block_minutes: profile.block_minutes,
        session_timeout: profile.session_timeout,
    }
}

fn missing() -> ApiError {
    ApiError::object_not_found("There is one password profile: default.")
}

impl From<PasswordProfileError> for ApiError {
    fn from(error: PasswordProfileError) -> Self {
        match error {
            PasswordProfileError::Profile(error) => {
                Self::invalid_request(error.to_string()).because(Reason::Profile(error))
            }
            PasswordProfileError::ChangedSince(error) => error.into(),
            PasswordProfileError::Store(error) => error.into(),
        }
    }
}
