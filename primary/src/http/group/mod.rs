//! `/v1/group`: federated groups.

mod create;
mod delete;
mod get;
mod list;
mod update;

use palisade_api::Code;
use palisade_policy::PolicyError;
use palisade_policy::edit::EditError;
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
            // Among them the place among the rules that the request names.
            RuleError::Policy(PolicyError::MissingRule(_))
            | RuleError::Edit(EditError::Missing { .. })
            | RuleError::MissingSensorRule(_)
            | RuleError::NoRevision(_)
            | RuleError::NoRollout(_) => Self::object_not_found(message),
            // A rule that names what does not exist is the request's fault.
            RuleError::Policy(error) => {
                Self::new(error.code(), message).with_status(http::StatusCode::BAD_REQUEST)
            }
            RuleError::Edit(error @ EditError::NoneOfKind { .. }) => {
                Self::new(error.code(), message).with_status(http::StatusCode::BAD_REQUEST)
            }
            RuleError::Edit(error) => Self::new(error.code(), message),
            RuleError::Dangling { .. } | RuleError::Unreached { .. } => {
                Self::invalid_request(message)
            }
            RuleError::BeyondScope { .. } => Self::access_denied(message),
            RuleError::InRollout { .. } => Self::new(Code::ObjectInuse, message),
            RuleError::NotFederated(_) | RuleError::RolloutEnded { .. } => {
                Self::new(Code::OpNotAllowed, message)
            }
            RuleError::Yaml(_) => Self::invalid_request(message),
            RuleError::NotPromoted { .. } | RuleError::NothingPromoted => {
                Self::new(Code::PromoteFail, message)
            }
            RuleError::Encoding(error) => Self::internal(error),
            RuleError::Trial(error) => Self::internal(error),
            RuleError::Federation(error) => error.into(),
            RuleError::Store(error) => error.into(),
        }
    }
}
