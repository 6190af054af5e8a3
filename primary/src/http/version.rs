//! Versions as HTTP has them: `ETag` tells what a change left, and `If-Match` what one is for.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use palisade_api::Code;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, Required};

use super::error::{ApiError, Result};
use crate::version::{ChangedSince, Expected, Version};

/// The header of versions that a change is for, as documents write it.
pub(super) const IF_MATCH: &str = "If-Match";

impl<S: Sync> FromRequestParts<S> for Expected {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        // A header that is no text names no version, but it is there.
        let lists = parts.headers.get_all(header::IF_MATCH).into_iter();
        Ok(Self::read(lists.map(|list| list.to_str().unwrap_or_default())))
    }
}

/// Answers to what takes it are described in `openapi/operation.rs`.
impl IntoParams for Expected {
    fn into_params(_given: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "The versions that this is meant for, as an `ETag` told them; without it, or \
                     `*`, whatever is there";
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let header = ParameterBuilder::new()
            .name(IF_MATCH)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(about))
            .schema(Some(text));
        vec![header.build()]
    }
}

impl IntoResponseParts for Version {
    type Error = ApiError;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts> {
        let tag = HeaderValue::from_str(self.as_str()).map_err(ApiError::internal)?;
        parts.headers_mut().insert(header::ETAG, tag);
        Ok(parts)
    }
}

/// A change that answers with nothing else.
impl IntoResponse for Version {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}

impl From<ChangedSince> for ApiError {
    fn from(error: ChangedSince) -> Self {
        Self::new(Code::OpNotAllowed, error.to_string())
            .with_status(StatusCode::PRECONDITION_FAILED)
    }
}
