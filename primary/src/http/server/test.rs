//! `POST /v1/debug/server/test`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use palisade_api::Code;
use palisade_api::rest::server::{ServerTestData, ServerTestResult, ServerTestResultData};
use secrecy::{ExposeSecret as _, SecretString};

use super::config::ldap;
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::JsonBody;
use crate::identity::{DirectoryError, LdapSettings, Secret, Trial, TrialError};

/// Try an LDAP directory
///
/// Tells the groups of a user, or exactly which step failed. Tried is a
/// directory that exists, settings, or the first with the second. The password
/// of the bind name that is stored counts only for the host that it was given
/// for.
#[utoipa::path(
    post,
    path = "/v1/debug/server/test",
    tag = "server",
    request_body = ServerTestData,
    responses((status = OK, body = ServerTestResultData)),
)]
pub(super) async fn server_test_create(
    State(app): State<App>,
    JsonBody(ServerTestData { test }): JsonBody<ServerTestData>,
) -> Result<Json<ServerTestResultData>> {
    let user =
        test.test_ldap.ok_or_else(|| ApiError::invalid_request("The key test_ldap is missing."))?;
    if test.name.is_empty() && test.ldap.is_none() {
        return Err(ApiError::invalid_request("Give a name, the key ldap, or both."));
    }
    if user.password.expose_secret().is_empty() {
        return Err(ApiError::invalid_request("An empty password proves nothing; give one."));
    }
    let (before, stored) = if test.name.is_empty() {
        (LdapSettings::default(), SecretString::default())
    } else {
        app.identity.ldap_directory(&test.name).await?
    };
    let (settings, secret) = match &test.ldap {
        Some(config) => ldap(before.clone(), config)?,
        None => (before.clone(), Secret::Keep),
    };
    let bind_password = match secret {
        Secret::Set(password) => password,
        Secret::Keep if stored.expose_secret().is_empty() => stored,
        Secret::Keep if settings.asks_same_server(&before) => stored,
        Secret::Keep => return Err(DirectoryError::SecretForAnother.into()),
    };
    let (username, password) = (user.username, user.password);
    let trial = Trial { settings, bind_password, username, password };
    let groups = app.identity.try_ldap(trial).await?;
    Ok(Json(ServerTestResultData { result: ServerTestResult { groups } }))
}

impl From<TrialError> for ApiError {
    fn from(error: TrialError) -> Self {
        match error {
            TrialError::Directory(error) => error.into(),
            // With 401 the client would log in here anew, for nothing.
            TrialError::Ldap(error) => Self::new(Code::Unauthorized, error.to_string())
                .with_status(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}
