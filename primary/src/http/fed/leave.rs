//! `POST /v1/fed/leave`

use palisade_api::rest::fed::LeaveFederationRequest;

use crate::federation::FederationError;
use crate::http::error::{ApiError, Result};

/// Leave the federation
///
/// A primary leaves nobody: remote clusters serve this call.
#[utoipa::path(
    post,
    path = "/v1/fed/leave",
    tag = "federation",
    request_body = LeaveFederationRequest,
    responses((status = BAD_REQUEST, body = palisade_api::rest::error::ErrorBody)),
)]
pub(super) async fn fed_leave() -> Result<()> {
    Err(ApiError::from(FederationError::NeverRemote))
}
