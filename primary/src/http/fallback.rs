//! Answers where no endpoint fits.

use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode};
use palisade_api::Code;

use super::error::ApiError;

/// No such path: 404, code 1.
pub(super) fn not_found() -> ApiError {
    ApiError::of(Code::NotFound)
}

/// The path knows other methods, which the router lists in `Allow`. To be
/// asked for them is no error.
pub(super) async fn method_not_allowed(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::OK.into_response();
    }
    ApiError::of(Code::MethodNotAllowed).into_response()
}
