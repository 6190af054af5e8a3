//! Errors in the form that Harbor shows.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use palisade_api::rest::harbor::{HarborError, HarborErrorData};

use crate::http::error::ApiError;

/// The content type of errors.
pub(in crate::http) const ERROR: &str = "application/vnd.scanner.adapter.error+json; version=1.0";

/// A failed call of the adapter.
#[derive(Debug)]
pub(in crate::http) struct AdapterError(pub(super) StatusCode, pub(super) String);

impl AdapterError {
    /// 422: a field that makes no sense.
    pub(super) fn field(message: impl Into<String>) -> Self {
        Self(StatusCode::UNPROCESSABLE_ENTITY, message.into())
    }
}

impl<E: Into<ApiError>> From<E> for AdapterError {
    fn from(error: E) -> Self {
        let error: ApiError = error.into();
        if error.status.is_server_error() {
            let cause = error.source.as_deref().map(|cause| cause as &dyn std::error::Error);
            tracing::error!(message = %error.message, cause, "a call of Harbor failed");
        }
        Self(error.status, error.message.into_owned())
    }
}

impl IntoResponse for AdapterError {
    fn into_response(self) -> Response {
        let body = HarborErrorData { error: HarborError { message: self.1 } };
        (self.0, [(header::CONTENT_TYPE, HeaderValue::from_static(ERROR))], Json(body))
            .into_response()
    }
}
