//! Exports: YAML to be saved.

use axum::body::Body;
use axum::response::Response;
use palisade_api::Code;
use palisade_api::rest::attachment;
use serde::Serialize;

use crate::http::error::{ApiError, Result};

/// `document` as YAML.
pub(super) fn yaml(document: &impl Serialize) -> Result<String> {
    serde_saphyr::to_string(document)
        .map_err(|error| ApiError::of(Code::FailExport).caused_by(error))
}

/// YAML as an attachment named `file`.
pub(in crate::http) fn packed(file: &'static str, text: &str) -> Result<Response> {
    let packed = attachment::packed(file, text);
    let packed = packed.map_err(|error| ApiError::of(Code::FailExport).caused_by(error))?;
    Ok(packed.map(Body::from))
}
