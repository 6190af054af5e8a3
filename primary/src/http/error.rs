//! The one error of the REST API: what the client may see and what the log
//! gets, kept apart.

use std::borrow::Cow;
use std::error::Error as StdError;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use palisade_api::rest::error::{ErrorBody, PasswordProfileBasic};
use palisade_api::rest::file::{ImportTask, ImportTaskData};
use palisade_api::{Code, Refusal};
use palisade_identity::PasswordError;
use palisade_identity::password_profile::{ProfileError, WeakPassword};

use crate::identity::{LdapRefusal, LdapStep, OidcStep, SamlStep};
use crate::store::StoreError;

/// A failed request.
#[derive(Debug)]
pub struct ApiError {
    /// The numeric code.
    pub code: Code,
    /// The HTTP status, mostly that of the code.
    pub status: StatusCode,
    /// The detail for the client. Never holds secrets or inner workings.
    pub message: Cow<'static, str>,
    /// Why, for programs, where the code alone does not tell.
    pub reason: Option<Reason>,
    /// What went wrong in the step that the reason names.
    pub detail: Option<Box<str>>,
    /// The cause, for the log only.
    pub source: Option<Box<dyn StdError + Send + Sync>>,
    /// Ids of the rules that cannot be changed, for [`Code::ReadOnlyRules`].
    pub read_only_rule_ids: Vec<u32>,
    /// What a password must have, for [`Code::WeakPassword`].
    pub password_profile: Option<PasswordProfileBasic>,
    /// The import that is in the way, or failed.
    pub import_task: Option<Box<ImportTask>>,
}

/// What clients tell apart though its code is that of other things too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// This cluster is not the primary of a federation.
    NotPrimary,
    /// Nothing gives a role to whoever proved who they are.
    NoRole,
    /// The user has as many sessions as one may have.
    TooManySessions,
    /// This step of a lookup in a directory failed.
    LdapStep(LdapStep),
    /// A directory does not let an account in.
    LdapRefusal(LdapRefusal),
    /// This step of trying a provider of OpenID Connect failed.
    OidcStep(OidcStep),
    /// This step of reading a provider's message of SAML failed.
    SamlStep(SamlStep),
    /// This is wrong with a password.
    WeakPassword(WeakPassword),
    /// This is wrong with the rules of passwords.
    Profile(ProfileError),
}

impl Reason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::NotPrimary => "not_primary",
            Self::NoRole => "no_role",
            Self::TooManySessions => "too_many_sessions",
            Self::LdapStep(step) => step.as_str(),
            Self::LdapRefusal(refusal) => refusal.as_str(),
            Self::OidcStep(step) => step.as_str(),
            Self::SamlStep(step) => step.as_str(),
            Self::WeakPassword(weak) => weak.as_str(),
            Self::Profile(wrong) => wrong.as_str(),
        }
    }
}

/// The result of a handler.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

impl ApiError {
    /// An error with the code's usual status and `message` for the client.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            status: code.http(),
            message: message.into(),
            reason: None,
            detail: None,
            source: None,
            read_only_rule_ids: Vec::new(),
            password_profile: None,
            import_task: None,
        }
    }

    /// An error that says no more than its code.
    pub fn of(code: Code) -> Self {
        Self::new(code, code.text())
    }

    /// A change that cannot be, with what is wrong.
    pub fn refused(refusal: Refusal, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(refusal.code, message).with_status(refusal.status)
    }

    /// A malformed body or parameter: 400, code 6.
    pub fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidRequest, message)
    }

    /// An object that does not exist: 404, code 7.
    pub fn object_not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::ObjectNotFound, message)
    }

    /// No, wrong or expired identity: 401, code 3.
    pub fn unauthorized() -> Self {
        Self::of(Code::Unauthorized)
    }

    /// A missing permission: 403, code 25.
    pub fn access_denied(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::ObjectAccessDenied, message)
    }

    /// A failure inside: the client learns only that, the log gets `source`.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::of(Code::ServerError).caused_by(source)
    }

    /// The same error with another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same error with why it is, for programs.
    #[must_use]
    pub fn because(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The same error with a cause for the log.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable(_) => Self::new(
                Code::FailReadCluster,
                "The database is unavailable; nothing was changed. Try again in a moment.",
            )
            .with_status(StatusCode::SERVICE_UNAVAILABLE),
            StoreError::Conflict(_) => Self::new(
                Code::FailLockCluster,
                "Another change was in the way; nothing was changed. Try again.",
            ),
            StoreError::ObjectMissing { kind, name } => {
                Self::object_not_found(format!("There is no {} {name:?}.", kind.as_str()))
            }
            StoreError::Nul(_) => Self::invalid_request("A text does not contain a NUL."),
            StoreError::Inconsistent { .. } => Self::of(Code::ClusterWrongData),
            _ => Self::of(Code::ServerError),
        }
        .caused_by(error)
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::new(Code::ClusterTimeout, error.to_string())
                .with_status(StatusCode::SERVICE_UNAVAILABLE),
            PasswordError::TooLong => Self::invalid_request(error.to_string()),
            PasswordError::DamagedHash | PasswordError::Hashing(_) => Self::internal(error),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let cause = self.source.as_deref().map(|cause| cause as &dyn StdError);
        if self.status.is_server_error() {
            tracing::error!(code = self.code.number(), status = %self.status, message = %self.message, cause, "request failed");
        } else {
            tracing::debug!(code = self.code.number(), status = %self.status, message = %self.message, cause, "request refused");
        }
        let mut body = ErrorBody::new(self.code, self.message);
        if let Some(reason) = self.reason {
            reason.as_str().clone_into(&mut body.reason);
        }
        body.detail = self.detail.map(String::from).unwrap_or_default();
        body.read_only_rule_ids = self.read_only_rule_ids;
        body.password_profile_basic = self.password_profile;
        body.import_task_data = self.import_task.map(|data| ImportTaskData { data: *data });
        (self.status, Json(body)).into_response()
    }
}
