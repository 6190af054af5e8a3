//! `/v1/api_key` and `/v1/selfapikey`: keys for programs.

mod create;
mod delete;
mod get;
mod list;
mod self_api_key;

use palisade_api::Code;
use palisade_api::rest::api_key::ApiKey;

use super::ApiRouter;
use super::error::ApiError;
use crate::http::endpoint::routes;
use crate::identity::{ApiKeyError, shown_scope};
use crate::store::api_key::ApiKeyRow;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(list::api_key_list, create::api_key_create))
        .routes(routes!(get::api_key_get, delete::api_key_delete))
        .routes(routes!(self_api_key::selfapikey_get))
}

fn rest_key(key: &ApiKeyRow) -> ApiKey {
    ApiKey {
        expiration_type: key.expiration_type.clone(),
        expiration_hours: u32::try_from(key.expiration_hours).unwrap_or_default(),
        apikey_name: key.name.clone(),
        apikey_secret: String::new(),
        description: key.description.clone(),
        role: key.roles.global().to_string(),
        role_domains: key.roles.domains_as_text(),
        access_scope: key.roles.scope().map(shown_scope),
        expiration_timestamp: key.expires_at.map_or(i64::MAX, |at| at.timestamp()),
        created_timestamp: key.created_at.timestamp(),
        created_by_entity: key.created_by.clone(),
        last_used_timestamp: key.last_used_at.map_or(0, |at| at.timestamp()),
    }
}

impl From<ApiKeyError> for ApiError {
    fn from(error: ApiKeyError) -> Self {
        let message = error.to_string();
        match error {
            ApiKeyError::InvalidName => Self::new(Code::InvalidName, message),
            ApiKeyError::Description | ApiKeyError::UnknownRole(_) => {
                Self::invalid_request(message)
            }
            ApiKeyError::Duplicate => Self::new(Code::DuplicateName, message),
            ApiKeyError::TooMany | ApiKeyError::TooManyOfOne => {
                Self::new(Code::OpNotAllowed, message)
            }
            ApiKeyError::Missing => Self::object_not_found(message),
            ApiKeyError::MoreThanCaller => Self::access_denied(message),
            ApiKeyError::Random(error) => Self::internal(error),
            ApiKeyError::CallerGone(_) => Self::unauthorized(),
            ApiKeyError::Store(error) => error.into(),
        }
    }
}
