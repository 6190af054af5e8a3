//! Exports: YAML to be saved, packed whatever the client accepts, as clients
//! expect of exports.

use std::io::Write as _;

use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderValue, header};
use palisade_api::Code;
use serde::Serialize;

use crate::http::error::{ApiError, Result};

/// `document` as an attachment named `file`.
pub(super) fn yaml(file: &'static str, document: &impl Serialize) -> Result<Response> {
    let text = serde_saphyr::to_string(document)
        .map_err(|error| ApiError::of(Code::FailExport).caused_by(error))?;
    packed(file, &text)
}

/// YAML as an attachment named `file`.
pub(in crate::http) fn packed(file: &'static str, text: &str) -> Result<Response> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    let packed = packed
        .write_all(text.as_bytes())
        .and_then(|()| packed.finish())
        .map_err(|error| ApiError::of(Code::FailExport).caused_by(error))?;
    let disposition = HeaderValue::from_str(&format!("Attachment; filename={file}"))
        .map_err(ApiError::internal)?;
    let headers = [
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_TYPE, HeaderValue::from_static("application/yaml")),
        (header::CONTENT_ENCODING, HeaderValue::from_static("gzip")),
    ];
    Ok((headers, packed).into_response())
}
