//! `/v1/group`: federated groups.

mod create;
mod delete;
mod get;
mod list;
mod update;

use palisade_api::Code;
use utoipa_axum::routes;

use super::ApiRouter;
use super::error::ApiError;
use crate::federation::rules::RuleError;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new().routes(routes!(list::group_list, create::group_create)).routes(routes!(
        get::group_get,
        update::group_update,
        delete::group_delete
    ))
}

impl From<RuleError> for ApiError {
    fn from(error: RuleError) -> Self {
        let message = error.to_string();
        match error {
            // A rule that names what does not exist is the request's fault.
            RuleError::Policy(error) => {
                Self::new(error.code(), message).with_status(http::StatusCode::BAD_REQUEST)
            }
            RuleError::MissingGroup(_) | RuleError::MissingRule(_) => {
                Self::object_not_found(message)
            }
            RuleError::DuplicateGroup(_) => Self::new(Code::DuplicateName, message),
            RuleError::GroupInUse { .. } => Self::new(Code::ObjectInuse, message),
            RuleError::ReservedGroup(_) | RuleError::NotFederated(_) => {
                Self::new(Code::OpNotAllowed, message)
            }
            RuleError::Encoding(error) => Self::internal(error),
            RuleError::Federation(error) => error.into(),
            RuleError::Store(error) => error.into(),
        }
    }
}
