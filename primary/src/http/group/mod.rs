//! `/v1/group`: federated groups.

mod create;
mod delete;
mod get;
mod list;
mod update;

use palisade_api::Code;

use super::ApiRouter;
use super::error::ApiError;
use crate::federation::rules::RuleError;
use crate::http::endpoint::routes;

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
            RuleError::Policy(error) => Self::refused(error.refusal(), message),
            RuleError::Edit(error) => Self::refused(error.refusal(), message),
            RuleError::MissingSensorRule(_)
            | RuleError::NoRevision(_)
            | RuleError::NoRollout(_) => Self::object_not_found(message),
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
            RuleError::Registry(error) => (*error).into(),
            RuleError::ChangedSince(error) => error.into(),
            RuleError::Federation(error) => error.into(),
            RuleError::Store(error) => error.into(),
        }
    }
}
