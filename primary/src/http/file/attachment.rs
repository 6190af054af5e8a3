//! Exports: YAML to be saved.

use axum::body::Body;
use axum::response::Response;
use palisade_api::Code;
use palisade_api::rest::attachment;
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
    let packed = attachment::packed(file, text);
    let packed = packed.map_err(|error| ApiError::of(Code::FailExport).caused_by(error))?;
    Ok(packed.map(Body::from))
}
