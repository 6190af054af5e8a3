//! The one error of the REST API.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use palisade_api::Code;
use palisade_api::rest::error::ErrorBody;
use palisade_api::rest::file::{ImportTask, ImportTaskData};
use palisade_policy::PolicyError;
use palisade_policy::edit::EditError;
use tracing::{debug, error};

use crate::event::RecordError;
use crate::federation::FederationError;
use crate::local_user::LocalUserError;
use crate::own_edit::OwnEditError;
use crate::store::StoreError;

/// A failed request: what the client sees. What went wrong inside is logged
/// where it is turned into one of these.
#[derive(Debug)]
pub(crate) struct ApiError {
    code: Code,
    status: StatusCode,
    message: String,
    import: Option<Box<ImportTask>>,
}

pub(crate) type Result<T, E = ApiError> = std::result::Result<T, E>;

impl ApiError {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, status: code.http(), message: message.into(), import: None }
    }

    pub(crate) fn of(code: Code) -> Self {
        Self::new(code, code.text())
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidRequest, message)
    }

    pub(crate) fn missing(what: &str, name: &str) -> Self {
        Self::new(Code::ObjectNotFound, format!("There is no {what} {name:?}."))
    }

    /// A change of what the primary owns.
    pub(crate) fn federal() -> Self {
        Self::new(
            Code::ObjectAccessDenied,
            "Federated objects are changed on the primary, not on a remote cluster.",
        )
    }

    /// The same error with another status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same error, of an import.
    pub(crate) fn with_import(mut self, import: ImportTask) -> Self {
        self.import = Some(Box::new(import));
        self
    }

    fn inside(error: &dyn std::error::Error) -> Self {
        error!(%error, "request failed");
        Self::of(Code::ServerError)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Exists => Self::of(Code::DuplicateName),
            other => Self::inside(&other),
        }
    }
}

impl From<RecordError> for ApiError {
    fn from(error: RecordError) -> Self {
        Self::inside(&error)
    }
}

impl From<LocalUserError> for ApiError {
    fn from(error: LocalUserError) -> Self {
        match error {
            LocalUserError::Refused(code) => Self::of(code),
            other => Self::inside(&other),
        }
    }
}

impl From<OwnEditError> for ApiError {
    fn from(error: OwnEditError) -> Self {
        let message = error.to_string();
        match error {
            // The place among the rules that the request names.
            OwnEditError::Policy(PolicyError::MissingRule(_)) => {
                Self::new(Code::ObjectNotFound, message)
            }
            // A rule that names what does not exist is the request's fault.
            OwnEditError::Policy(error) => {
                Self::new(error.code(), message).with_status(StatusCode::BAD_REQUEST)
            }
            OwnEditError::Edit(error @ EditError::NoneOfKind { .. }) => {
                Self::new(error.code(), message).with_status(StatusCode::BAD_REQUEST)
            }
            OwnEditError::Edit(error) => Self::new(error.code(), message),
            OwnEditError::Yaml(_) => Self::invalid(message),
            OwnEditError::Store(error) => error.into(),
            OwnEditError::Encoding(error) => Self::inside(&error),
        }
    }
}

impl From<PolicyError> for ApiError {
    fn from(error: PolicyError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<FederationError> for ApiError {
    fn from(error: FederationError) -> Self {
        Self::new(error.code, error.text)
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        Self::inside(&error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        debug!(code = self.code.number(), status = %self.status, message = self.message, "refused");
        let mut body = ErrorBody::new(self.code, self.message);
        body.import_task_data = self.import.map(|data| ImportTaskData { data: *data });
        (self.status, Json(body)).into_response()
    }
}
