//! The AdmissionReview envelope, `admission.k8s.io/v1` and `v1beta1`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// The versions that are understood. The answer is in the version asked.
const VERSIONS: [&str; 2] = ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"];
const KIND: &str = "AdmissionReview";

/// A body that is not a review.
#[derive(Debug, Error)]
pub(super) enum ReviewError {
    #[error("not an AdmissionReview: {0}")]
    Json(#[from] serde_json::Error),
    #[error("not an AdmissionReview but {kind:?} of {version:?}")]
    Kind { kind: String, version: String },
    #[error("an AdmissionReview without a request")]
    NoRequest,
}

/// A request to admit something.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Review {
    api_version: String,
    kind: String,
    request: Option<Request>,
}

/// What is to be admitted, and who asks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    pub(super) uid: String,
    pub(super) kind: GroupVersionKind,
    #[serde(default)]
    pub(super) sub_resource: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) namespace: String,
    pub(super) operation: String,
    #[serde(default)]
    pub(super) user_info: UserInfo,
    #[serde(default)]
    pub(super) object: Value,
    #[serde(default)]
    pub(super) dry_run: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct GroupVersionKind {
    pub(super) kind: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct UserInfo {
    #[serde(default)]
    pub(super) username: String,
    #[serde(default)]
    pub(super) groups: Vec<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    api_version: String,
    kind: &'static str,
    response: Response,
}

#[derive(Debug, Serialize)]
struct Response {
    uid: String,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

#[derive(Debug, Serialize)]
struct Status {
    code: u16,
    message: String,
}

impl Review {
    /// Reads a body.
    pub(super) fn read(body: &[u8]) -> Result<(String, Request), ReviewError> {
        let review: Self = serde_json::from_slice(body)?;
        if review.kind != KIND || !VERSIONS.contains(&review.api_version.as_str()) {
            return Err(ReviewError::Kind { kind: review.kind, version: review.api_version });
        }
        let request = review.request.ok_or(ReviewError::NoRequest)?;
        Ok((review.api_version, request))
    }
}

impl Answer {
    /// Admits the request.
    pub(super) fn allowed(api_version: String, uid: String) -> Self {
        let response = Response { uid, allowed: true, status: None };
        Self { api_version, kind: KIND, response }
    }

    /// Denies the request; users see `message`.
    pub(super) fn denied(api_version: String, uid: String, message: String) -> Self {
        let status = Some(Status { code: 403, message });
        let response = Response { uid, allowed: false, status };
        Self { api_version, kind: KIND, response }
    }
}
