//! Files that are sent: in the part `configuration` of a form, or as the bare
//! body.

use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest as _, Multipart, Request};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use palisade_api::Code;
use palisade_api::rest::attachment::{self, MOST_BYTES, PART};
use serde::de::DeserializeOwned;

use crate::http::error::{ApiError, Result};
use crate::http::extract::read_body_of;

/// Bytes of a whole set of resources at most.
pub(in crate::http) const MOST_OF_SET: usize = 16 << 20;

/// The text of the file that was sent: the body itself, or a part of a form.
pub(in crate::http) async fn read_file(request: Request, most: usize) -> Result<String> {
    let is_form = is_form(request.headers());
    let (parts, body) = request.into_parts();
    let bytes = read_body_of(&parts.headers, body, most).await?;
    let file = if is_form { part(Request::from_parts(parts, bytes.into())).await? } else { bytes };
    attachment::text(&file).map(str::to_owned).map_err(ApiError::invalid_request)
}

/// Reads the YAML or JSON that was sent.
pub(super) async fn yaml<T: DeserializeOwned>(request: Request) -> Result<T> {
    let text = read_file(request, MOST_BYTES).await?;
    serde_saphyr::from_str(&text).map_err(|error| {
        let reason = error.to_string();
        let first = reason.lines().next().unwrap_or_default();
        ApiError::new(Code::FailImport, format!("The file is not as expected: {first}."))
            .with_status(StatusCode::BAD_REQUEST)
            .caused_by(error)
    })
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/"))
}

async fn part(request: Request) -> Result<Bytes> {
    let malformed = |error: MultipartError| {
        ApiError::invalid_request("The form is malformed.").caused_by(error)
    };
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|error| ApiError::invalid_request("The form is malformed.").caused_by(error))?;
    while let Some(field) = form.next_field().await.map_err(malformed)? {
        if field.name() == Some(PART) {
            return field.bytes().await.map_err(malformed);
        }
    }
    Err(ApiError::invalid_request(format!("The form has no part {PART:?}.")))
}
