//! The one error of the REST API.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use palisade_api::rest::error::ErrorBody;
use palisade_api::rest::file::{ImportTask, ImportTaskData};
use palisade_api::{Code, Refusal};
use palisade_identity::PasswordError;
use palisade_policy::PolicyError;
use palisade_policy::edit::resource::task::Refused;
use tracing::{debug, error};

use crate::configuration::ConfigurationError;
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

    fn refused(refusal: Refusal, message: String) -> Self {
        Self::new(refusal.code, message).with_status(refusal.status)
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

    /// Something that is there and outside the namespaces that the caller reaches.
    pub(crate) fn out_of_reach() -> Self {
        let text = "It is not in one of the namespaces that the role reaches.";
        Self::new(Code::ObjectAccessDenied, text)
    }

    /// The same error with another status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
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
            LocalUserError::Failed => Self::of(Code::Unauthorized),
            LocalUserError::Refused(code) => Self::of(code),
            LocalUserError::Password(busy @ PasswordError::Busy) => {
                Self::new(Code::ClusterTimeout, busy.to_string())
                    .with_status(StatusCode::SERVICE_UNAVAILABLE)
            }
            LocalUserError::Password(long @ PasswordError::TooLong) => {
                Self::new(Code::WeakPassword, long.to_string())
            }
            other => Self::inside(&other),
        }
    }
}

impl From<OwnEditError> for ApiError {
    fn from(error: OwnEditError) -> Self {
        let message = error.to_string();
        match error {
            OwnEditError::Policy(error) => Self::refused(error.refusal(), message),
            OwnEditError::Edit(error) => Self::refused(error.refusal(), message),
            OwnEditError::OutOfReach => Self::new(Code::ObjectAccessDenied, message),
            OwnEditError::Yaml(_) => Self::invalid(message),
            OwnEditError::Store(error) => error.into(),
            OwnEditError::Encoding(error) => Self::inside(&error),
        }
    }
}

impl From<Refused> for ApiError {
    fn from(Refused { refusal, why, task }: Refused) -> Self {
        Self { import: task, ..Self::refused(refusal, why) }
    }
}

impl From<ConfigurationError> for ApiError {
    fn from(error: ConfigurationError) -> Self {
        Self::inside(&error)
    }
}

impl From<PolicyError> for ApiError {
    fn from(error: PolicyError) -> Self {
        Self::refused(error.refusal(), error.to_string())
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
