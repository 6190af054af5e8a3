//! `/v1/system/config/remote_repository`: the repository of Git that exports can go to.

mod create;
mod delete;
mod update;

use palisade_api::Code;

use crate::http::ApiRouter;
use crate::http::endpoint::routes;
use crate::http::error::ApiError;
use crate::remote_repository::RemoteRepositoryError;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(create::remote_repository_create))
        .routes(routes!(update::remote_repository_update, delete::remote_repository_delete))
}

impl From<RemoteRepositoryError> for ApiError {
    fn from(error: RemoteRepositoryError) -> Self {
        let message = error.to_string();
        match error {
            RemoteRepositoryError::Name
            | RemoteRepositoryError::Provider
            | RemoteRepositoryError::Text
            | RemoteRepositoryError::Token => Self::invalid_request(message),
            RemoteRepositoryError::Duplicate => Self::new(Code::DuplicateName, message),
            RemoteRepositoryError::Missing => Self::object_not_found(message),
            RemoteRepositoryError::Seal(error) => Self::internal(error),
            RemoteRepositoryError::Store(error) => error.into(),
        }
    }
}
