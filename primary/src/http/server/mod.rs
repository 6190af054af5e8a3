//! `/v1/server`: directories that vouch for users; `/v1/debug/server/test`.

mod config;
mod create;
mod delete;
mod get;
mod group_update;
mod groups_update;
mod list;
mod role_update;
mod shown;
mod test;
mod update;
mod user_list;

use palisade_api::Code;

use super::ApiRouter;
use super::error::ApiError;
use crate::http::endpoint::routes;
use crate::identity::{DirectoryError, SettingsError};

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(list::server_list, create::server_create))
        .routes(routes!(get::server_get, update::server_update, delete::server_delete))
        .routes(routes!(group_update::server_group_update))
        .routes(routes!(groups_update::server_groups_update))
        .routes(routes!(role_update::server_role_update))
        .routes(routes!(user_list::server_user_list))
        .routes(routes!(test::server_test_create))
}

impl From<DirectoryError> for ApiError {
    fn from(error: DirectoryError) -> Self {
        let message = error.to_string();
        match error {
            DirectoryError::Settings(SettingsError::Name) => Self::new(Code::InvalidName, message),
            DirectoryError::Settings(_)
            | DirectoryError::UnknownRole(_)
            | DirectoryError::OtherKind
            | DirectoryError::SecretForAnother => Self::invalid_request(message),
            DirectoryError::Duplicate => Self::new(Code::DuplicateName, message),
            DirectoryError::TooMany => Self::new(Code::OpNotAllowed, message),
            DirectoryError::InOrder => Self::new(Code::ObjectInuse, message),
            DirectoryError::Missing => Self::object_not_found(message),
            DirectoryError::ChangedMeanwhile => {
                Self::new(Code::FailLockCluster, message).with_status(http::StatusCode::CONFLICT)
            }
            DirectoryError::ChangedSince(error) => error.into(),
            DirectoryError::MoreThanCaller => Self::access_denied(message),
            DirectoryError::Seal(_) | DirectoryError::DamagedSecret => Self::internal(error),
            DirectoryError::CallerGone(_) => Self::unauthorized(),
            DirectoryError::Store(error) => error.into(),
        }
    }
}
