//! Files that are sent: in the part `configuration` of a form, or as the bare body.

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Multipart, Request};
use http::header;

use crate::rest::error::{ApiError, Result};
use crate::rest::extract::body;

/// Bytes of a file at most, as on the primary.
const MOST_OF_FILE: usize = 4 << 20;
/// The part of a form that holds the file.
const PART: &str = "configuration";

/// The text of the file that was sent.
pub(super) async fn read_file(request: Request) -> Result<String> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_form = kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/"));
    let (parts, sent) = request.into_parts();
    let bytes = body(Request::new(sent), MOST_OF_FILE).await?;
    let file = if is_form { part(Request::from_parts(parts, bytes.into())).await? } else { bytes };
    let text =
        std::str::from_utf8(&file).map_err(|_| ApiError::invalid("The file is no UTF-8."))?;
    // Some editors put a mark of the byte order first.
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(ApiError::invalid("The file is empty."));
    }
    Ok(text.to_owned())
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
