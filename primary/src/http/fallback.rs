//! Answers where no endpoint fits.

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode};
use palisade_api::Code;
use palisade_api::rest::unserved;

use super::error::ApiError;

/// A call that clients know and nobody serves, 501 with the reason; else there
/// is no such path: 404, code 1.
pub(super) fn not_found(method: &Method, path: &str) -> ApiError {
    unserved(method, path).unwrap_or_else(|| ApiError::of(Code::NotFound))
}

/// The answer to a call that clients know and nobody serves.
pub(super) fn unserved(method: &Method, path: &str) -> Option<ApiError> {
    let why = unserved::reason(method.as_str(), path)?;
    Some(ApiError::new(Code::OpNotAllowed, why).with_status(StatusCode::NOT_IMPLEMENTED))
}

/// The path knows other methods, which the router lists in `Allow`. To be
/// asked for them is no error.
pub(super) async fn method_not_allowed(request: Request) -> Response {
    if *request.method() == Method::OPTIONS {
        return StatusCode::OK.into_response();
    }
    unserved(request.method(), request.uri().path())
        .unwrap_or_else(|| ApiError::of(Code::MethodNotAllowed))
        .into_response()
}
