//! `/v1/user` and `/v1/selfuser`: users of the primary.

mod create;
mod delete;
mod get;
mod list;
mod password;
mod role_domains;
mod self_user;
mod session_delete;
mod session_delete_all;
mod session_list;
mod update;

use chrono::SecondsFormat;
use palisade_api::Code;
use palisade_api::rest::error::PasswordProfileBasic;
use palisade_api::rest::user::User;
use palisade_identity::password_profile::WeakPassword;
use palisade_identity::{Access, Caller, PasswordProfile, Permission, Role};

use super::ApiRouter;
use super::error::{ApiError, Reason, Result};
use crate::App;
use crate::http::endpoint::routes;
use crate::identity::{ScopeError, SeenUser, UserError, shown_scope};

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(list::user_list, create::user_create))
        .routes(routes!(get::user_get, update::user_update, delete::user_delete))
        .routes(routes!(password::user_password_create))
        .routes(routes!(role_domains::user_role_domains_update))
        .routes(routes!(
            session_list::user_session_list,
            session_delete_all::user_session_delete_all
        ))
        .routes(routes!(session_delete::user_session_delete))
        .routes(routes!(self_user::selfuser_get))
}

/// The user as `viewer` sees it; none: the user itself at its login.
pub(super) fn rest_user(user: &SeenUser, viewer: Option<&Caller>) -> User {
    let row = &user.row;
    let resettable = viewer.is_some_and(|viewer| {
        row.server.is_empty()
            && viewer.may(Permission::Authorization, Access::Write)
            && viewer.rights.covers(&user.rights)
    });
    User {
        fullname: row.fullname.clone(),
        server: row.server.clone(),
        username: row.username.clone(),
        password: String::new(),
        email: row.email.clone(),
        role: row.roles.global().to_string(),
        timeout: u32::try_from(row.timeout).unwrap_or_default(),
        locale: row.locale.clone(),
        default_password: row.default_password,
        modify_password: row.reset_password,
        role_domains: row.roles.domains_as_text(),
        access_scope: row.roles.scope().map(shown_scope),
        last_login_timestamp: row.last_login_at.map_or(0, |at| at.timestamp()),
        last_login_at: row
            .last_login_at
            .map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        login_count: u32::try_from(row.login_count).unwrap_or(u32::MAX),
        blocked_for_failed_login: user.blocked_for_failed_login,
        blocked_for_password_expired: user.blocked_for_password_expired,
        password_resettable: resettable,
    }
}

/// Days and hours until the user's password expires; -1 and 0: never.
pub(super) fn expiry(user: &SeenUser) -> (i64, i64) {
    user.password_expires_in.map_or((-1, 0), |left| {
        let hours = left.num_hours().max(0);
        (hours / 24, hours % 24)
    })
}

/// Names of roles that a caller may choose from.
pub(super) struct RoleChoice {
    /// Everywhere.
    pub(super) global: Vec<String>,
    /// In single namespaces.
    pub(super) domain: Vec<String>,
    /// Those of them that mean nothing in a namespace.
    pub(super) not_for_domain: Vec<String>,
}

/// The roles that `caller` may give.
pub(super) async fn role_choice(app: &App, caller: &Caller) -> Result<RoleChoice> {
    let own = caller.rights.global();
    let custom = app.identity.user_roles().await?;
    let custom: Vec<_> = custom.into_iter().filter(|role| own.covers(role.permissions)).collect();
    let names = || custom.iter().map(|role| role.name.as_str().to_owned());
    let reserved = Role::ALL.into_iter().filter(|role| own.covers(role.permissions()));
    let for_domain = [Role::Admin, Role::Reader, Role::Ciops];
    let pointless = custom.iter().filter(|role| role.permissions.within_namespace().is_empty());
    Ok(RoleChoice {
        global: reserved.map(String::from).chain(names()).collect(),
        domain: for_domain.map(String::from).into_iter().chain(names()).collect(),
        not_for_domain: std::iter::once(Role::Ciops.as_str().to_owned())
            .chain(pointless.map(|role| role.name.as_str().to_owned()))
            .collect(),
    })
}

/// Refuses a body that names another thing than the path does.
pub(super) fn same_name(path: &str, body: &str) -> Result<()> {
    if body.is_empty() || body == path {
        return Ok(());
    }
    Err(ApiError::invalid_request("The name in the body is not that of the path."))
}

/// What a password must have.
pub(super) fn basic(profile: &PasswordProfile) -> PasswordProfileBasic {
    PasswordProfileBasic {
        min_len: profile.min_len,
        min_uppercase_count: profile.min_uppercase_count,
        min_lowercase_count: profile.min_lowercase_count,
        min_digit_count: profile.min_digit_count,
        min_special_count: profile.min_special_count,
    }
}

/// 400, code 14.
pub(super) fn weak_password(weak: WeakPassword, profile: &PasswordProfile) -> ApiError {
    let error = ApiError::new(Code::WeakPassword, weak.to_string());
    let mut error = error.because(Reason::WeakPassword(weak));
    error.password_profile = Some(basic(profile));
    error
}

impl From<UserError> for ApiError {
    fn from(error: UserError) -> Self {
        let message = error.to_string();
        match error {
            UserError::InvalidName => Self::new(Code::InvalidName, message),
            UserError::Duplicate => Self::new(Code::DuplicateName, message),
            UserError::TooMany => Self::new(Code::OpNotAllowed, message),
            UserError::Missing | UserError::MissingSession => Self::object_not_found(message),
            UserError::WeakPassword(weak, profile) => weak_password(weak, &profile),
            UserError::InvalidText
            | UserError::InvalidTimeout
            | UserError::UnknownRole(_)
            | UserError::Roles(_) => Self::invalid_request(message),
            UserError::WrongPassword
            | UserError::Damped
            | UserError::NotOwnPassword
            | UserError::DirectoryPassword
            | UserError::NotExpired
            | UserError::FirstAdministrator => {
                Self::new(Code::OpNotAllowed, message).with_status(http::StatusCode::FORBIDDEN)
            }
            UserError::MoreThanCaller => Self::access_denied(message),
            // The caller's to try again, and no failure of ours.
            UserError::ChangedMeanwhile => {
                Self::new(Code::FailLockCluster, message).with_status(http::StatusCode::CONFLICT)
            }
            UserError::ChangedSince(error) => error.into(),
            UserError::Password(error) => error.into(),
            UserError::CallerGone(_) => Self::unauthorized(),
            UserError::Store(error) => error.into(),
        }
    }
}

impl From<ScopeError> for ApiError {
    fn from(error: ScopeError) -> Self {
        match error {
            ScopeError::Store(error) => error.into(),
            other => Self::invalid_request(other.to_string()),
        }
    }
}
