//! `/v1/user` and `/v1/selfuser`: users of the primary.

mod create;
mod delete;
mod get;
mod list;
mod self_user;
mod update;

use chrono::SecondsFormat;
use palisade_api::Code;
use palisade_api::rest::error::PasswordProfileBasic;
use palisade_api::rest::user::User;
use palisade_identity::Role;
use palisade_identity::password::MIN_PASSWORD_CHARS;
use utoipa_axum::routes;

use super::ApiRouter;
use super::error::{ApiError, Result};
use crate::identity::UserError;
use crate::store::user::UserRow;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(list::user_list, create::user_create))
        .routes(routes!(get::user_get, update::user_update, delete::user_delete))
        .routes(routes!(self_user::selfuser_get))
}

/// The user as a caller with the role `viewer` sees it.
pub(super) fn rest_user(user: &UserRow, viewer: Role) -> User {
    User {
        fullname: user.fullname.clone(),
        server: user.server.clone(),
        username: user.username.clone(),
        password: String::new(),
        email: user.email.clone(),
        role: user.role.as_str().to_owned(),
        timeout: u32::try_from(user.timeout).unwrap_or_default(),
        locale: user.locale.clone(),
        default_password: user.default_password,
        modify_password: false,
        role_domains: std::collections::BTreeMap::new(),
        last_login_timestamp: user.last_login_at.map_or(0, |at| at.timestamp()),
        last_login_at: user
            .last_login_at
            .map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        login_count: u32::try_from(user.login_count).unwrap_or(u32::MAX),
        blocked_for_failed_login: false,
        blocked_for_password_expired: false,
        password_resettable: viewer.is_administrator() && viewer.may_grant(user.role),
    }
}

/// The role that a body names.
fn role(text: &str) -> Result<Role> {
    text.parse().map_err(|error: palisade_identity::role::NotARole| {
        ApiError::invalid_request(error.to_string())
    })
}

impl From<UserError> for ApiError {
    fn from(error: UserError) -> Self {
        let message = error.to_string();
        match error {
            UserError::InvalidName => Self::new(Code::InvalidName, message),
            UserError::Duplicate => Self::new(Code::DuplicateName, message),
            UserError::Missing => Self::object_not_found(message),
            UserError::WeakPassword => {
                let mut weak = Self::new(Code::WeakPassword, message);
                weak.password_profile = Some(PasswordProfileBasic {
                    min_len: MIN_PASSWORD_CHARS as u32,
                    min_uppercase_count: 0,
                    min_lowercase_count: 0,
                    min_digit_count: 0,
                    min_special_count: 0,
                });
                weak
            }
            UserError::WrongPassword | UserError::InvalidTimeout => Self::invalid_request(message),
            UserError::MoreThanCaller => Self::access_denied(message),
            UserError::FirstAdministrator => Self::new(Code::OpNotAllowed, message),
            UserError::Password(error) => error.into(),
            UserError::Store(error) => error.into(),
        }
    }
}
