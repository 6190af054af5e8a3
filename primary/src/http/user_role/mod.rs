//! `/v1/user_role` and `/v1/user_role_permission/options`: reserved and custom
//! roles.

mod create;
mod delete;
mod get;
mod list;
mod options;
mod update;

use http::StatusCode;
use palisade_api::Code;
use palisade_api::rest::user_role::{UserRole, UserRoleConfig};
use palisade_identity::permission_set::Granted;
use palisade_identity::{PermissionSet, Role};

use super::ApiRouter;
use super::auth::permissions;
use super::error::{ApiError, Result};
use crate::http::endpoint::routes;
use crate::identity::UserRoleError;
use crate::store::user_role::UserRoleRow;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(list::user_role_list, create::user_role_create))
        .routes(routes!(get::user_role_get, update::user_role_update, delete::user_role_delete))
        .routes(routes!(options::user_role_permission_options_get))
}

fn reserved(role: Role) -> UserRole {
    UserRole {
        name: role.as_str().to_owned(),
        comment: String::new(),
        reserved: true,
        permissions: permissions(role.permissions()),
    }
}

fn custom(role: &UserRoleRow) -> UserRole {
    let mut permissions = permissions(role.permissions);
    permissions.retain(|one| {
        palisade_identity::Permission::from_id(&one.id).is_some_and(|p| p.grantable().is_some())
    });
    UserRole {
        name: role.name.as_str().to_owned(),
        comment: role.comment.clone(),
        reserved: false,
        permissions,
    }
}

/// The role that a body describes.
fn described(config: UserRoleConfig) -> Result<UserRoleRow> {
    let name = config.name.parse().map_err(UserRoleError::from)?;
    let granted = config.permissions.iter().map(|one| Granted {
        permission: one.id.as_str(),
        read: one.read,
        write: one.write,
    });
    let permissions = PermissionSet::of_custom_role(granted).map_err(UserRoleError::from)?;
    Ok(UserRoleRow { name, comment: config.comment, permissions })
}

impl From<UserRoleError> for ApiError {
    fn from(error: UserRoleError) -> Self {
        let message = error.to_string();
        match error {
            UserRoleError::Name(_) => Self::new(Code::InvalidName, message),
            UserRoleError::Reserved(_)
            | UserRoleError::Permissions(_)
            | UserRoleError::Comment
            | UserRoleError::Duplicate => Self::invalid_request(message),
            UserRoleError::TooMany => Self::new(Code::OpNotAllowed, message),
            UserRoleError::Missing => {
                Self::object_not_found(message).with_status(StatusCode::BAD_REQUEST)
            }
            UserRoleError::InUse { .. } => {
                Self::new(Code::ObjectInuse, message).with_status(StatusCode::BAD_REQUEST)
            }
            UserRoleError::ChangedSince(error) => error.into(),
            UserRoleError::MoreThanCaller => Self::access_denied(message),
            UserRoleError::CallerGone(_) => Self::unauthorized(),
            UserRoleError::Store(error) => error.into(),
        }
    }
}
