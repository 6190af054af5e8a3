//! `POST /v1/fed/join`

use palisade_api::rest::fed::JoinFederationRequest;

use crate::federation::FederationError;
use crate::http::error::{ApiError, Result};

/// Join a federation
///
/// A primary joins nobody: remote clusters serve this call.
#[utoipa::path(
    post,
    path = "/v1/fed/join",
    tag = "federation",
    request_body = JoinFederationRequest,
    responses((status = BAD_REQUEST, body = palisade_api::rest::error::ErrorBody)),
)]
pub(super) async fn fed_join() -> Result<()> {
    Err(ApiError::from(FederationError::NeverRemote))
}
