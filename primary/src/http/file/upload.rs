//! Files that are sent: in the part `configuration` of a form, or as the bare
//! body.

use axum::extract::Request;
use palisade_api::rest::attachment;

use crate::http::error::{ApiError, Result};
use crate::http::extract::read_whole;

/// Bytes of a whole set of resources at most.
pub(in crate::http) const MOST_OF_SET: usize = 16 << 20;

/// The text of the file that was sent: the body itself, or a part of a form.
pub(in crate::http) async fn read_file(request: Request, most: usize) -> Result<String> {
    let (parts, body) = request.into_parts();
    let body = read_whole(body, most).await?;
    let read = attachment::sent(&parts.headers, body).await;
    read.map_err(|error| ApiError::invalid_request(error.to_string()).caused_by(error))
}
