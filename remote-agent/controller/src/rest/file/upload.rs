//! Files that are sent: in the part `configuration` of a form, or as the bare body.

use axum::extract::Request;
use palisade_api::rest::attachment::{self, MOST_BYTES};

use crate::rest::error::{ApiError, Result};
use crate::rest::extract::body;

/// The text of the file that was sent.
pub(super) async fn read_file(request: Request) -> Result<String> {
    let headers = request.headers().clone();
    let sent = body(request, MOST_BYTES).await?;
    let read = attachment::sent(&headers, sent).await;
    read.map_err(|error| ApiError::invalid(error.to_string()))
}
