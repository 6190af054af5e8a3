//! Imports: a file in the part `configuration` of a form, or as the bare body.

use axum::extract::{FromRequest as _, Multipart, Request};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use http::{HeaderMap, StatusCode, header};
use palisade_api::Code;
use palisade_api::rest::file::{ImportTask, ImportTaskData};
use palisade_identity::Caller;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::http::error::{ApiError, Result};
use crate::http::extract::read_body;

/// Bytes of a file at most.
const MAX_BYTES: usize = 8 << 20;
/// The part of a form that holds the file.
const PART: &str = "configuration";

/// Reads the YAML or JSON that was sent.
pub(super) async fn yaml<T: DeserializeOwned>(request: Request) -> Result<T> {
    if request.headers().contains_key("x-transaction-id") {
        // An import is over when its first answer is there.
        return Err(ApiError::invalid_request("No import of this X-Transaction-ID runs.")
            .with_status(StatusCode::GONE));
    }
    let bytes = if is_form(request.headers()) {
        part(request).await?
    } else {
        read_body(request, MAX_BYTES).await?
    };
    let refused = |message: String| ApiError::new(Code::FailImport, message);
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        refused("The file is no text.".to_owned()).with_status(StatusCode::BAD_REQUEST)
    })?;
    serde_saphyr::from_str(text).map_err(|error| {
        let reason = error.to_string();
        let first = reason.lines().next().unwrap_or_default();
        refused(format!("The file is not as expected: {first}."))
            .with_status(StatusCode::BAD_REQUEST)
            .caused_by(error)
    })
}

/// The answer to an import that is done.
pub(super) fn done(caller: &Caller, at: DateTime<Utc>) -> ImportTaskData {
    ImportTaskData {
        data: ImportTask {
            tid: Uuid::new_v4().simple().to_string(),
            ctrler_id: String::new(),
            last_update_time: at.to_rfc3339_opts(SecondsFormat::Secs, true),
            percentage: 100,
            triggered_by: caller.fullname.clone(),
            status: "done".to_owned(),
            temp_token: String::new(),
        },
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/form-data"))
}

async fn part(request: Request) -> Result<Bytes> {
    let wrong = || ApiError::invalid_request(format!("The form has no readable part {PART}."));
    let mut form =
        Multipart::from_request(request, &()).await.map_err(|error| wrong().caused_by(error))?;
    while let Some(field) = form.next_field().await.map_err(|error| wrong().caused_by(error))? {
        if field.name() == Some(PART) {
            return field.bytes().await.map_err(|error| wrong().caused_by(error));
        }
    }
    Err(wrong())
}
