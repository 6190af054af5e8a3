//! Files that are sent: in the part `configuration` of a form, or as the bare body.

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Multipart, Request};
use http::header;
use palisade_api::rest::attachment::{self, MOST_BYTES, PART};

use crate::rest::error::{ApiError, Result};
use crate::rest::extract::body;

/// The text of the file that was sent.
pub(super) async fn read_file(request: Request) -> Result<String> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_form = kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/"));
    let (parts, sent) = request.into_parts();
    let bytes = body(Request::new(sent), MOST_BYTES).await?;
    let file = if is_form { part(Request::from_parts(parts, bytes.into())).await? } else { bytes };
    attachment::text(&file).map(str::to_owned).map_err(ApiError::invalid)
}

async fn part(request: Request) -> Result<Bytes> {
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| malformed())?;
    while let Some(field) = form.next_field().await.map_err(|_| malformed())? {
        if field.name() == Some(PART) {
            return field.bytes().await.map_err(|_| malformed());
        }
    }
    Err(ApiError::invalid(format!("The form has no part {PART:?}.")))
}

fn malformed() -> ApiError {
    ApiError::invalid("The form is malformed.")
}
