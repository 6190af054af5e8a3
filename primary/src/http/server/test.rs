//! `POST /v1/debug/server/test`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use palisade_api::Code;
use palisade_api::rest::server::{ServerLdapConfig, ServerOidcConfig, ServerSamlConfig};
use palisade_api::rest::server_test::{
    ServerLdapTest, ServerSamlTest, ServerTest, ServerTestData, ServerTestResult,
    ServerTestResultData,
};
use secrecy::{ExposeSecret as _, SecretString};

use super::config::{ldap, oidc, saml};
use crate::App;
use crate::http::error::{ApiError, Reason, Result};
use crate::http::extract::JsonBody;
use crate::identity::{
    DirectoryError, Kind, LdapError, LdapSettings, OidcNote, OidcSettings, OidcTrial,
    OidcTrialError, SamlSettings, SamlTrial, SamlTrialError, Secret, Trial, TrialError,
};

/// Try a directory or provider
///
/// Tells the groups of a user, or exactly which step failed. Tried is a
/// directory that exists, settings, or the first with the second; of LDAP with
/// a user, of SAML with a response of the provider, if one is at hand. A secret
/// that is stored counts only for the server that it was given for.
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
    let ServerTest { name, ldap, test_ldap, oidc, saml, test_saml } = test;
    let (stored, secret) = if name.is_empty() {
        (None, SecretString::default())
    } else {
        let (kind, secret) = app.identity.directory_with_secret(&name).await?;
        (Some(kind), secret)
    };
    let mut found = Vec::new();
    let groups = match (stored, ldap, oidc, saml) {
        (None, Some(config), None, None) => {
            try_ldap(&app, (LdapSettings::default(), secret), Some(&config), test_ldap).await?
        }
        (Some(Kind::Ldap(stored)), config, None, None) => {
            try_ldap(&app, (stored, secret), config.as_ref(), test_ldap).await?
        }
        (None, None, Some(config), None) => {
            found = try_oidc(&app, (OidcSettings::default(), secret), Some(&config)).await?;
            Vec::new()
        }
        (Some(Kind::Oidc(stored)), None, config, None) => {
            found = try_oidc(&app, (stored, secret), config.as_ref()).await?;
            Vec::new()
        }
        (None, None, None, Some(config)) => {
            let before = (SamlSettings::default(), secret);
            try_saml(&app, before, Some(&config), test_saml.unwrap_or_default())?
        }
        (Some(Kind::Saml(stored)), None, None, config) => {
            try_saml(&app, (stored, secret), config.as_ref(), test_saml.unwrap_or_default())?
        }
        (None, None, None, None) => {
            return Err(ApiError::invalid_request("Give a name, settings, or both."));
        }
        _ => return Err(DirectoryError::OtherKind.into()),
    };
    let notes = found.iter().map(ToString::to_string).collect();
    let note_codes = found.into_iter().map(|note| note.as_str().to_owned()).collect();
    Ok(Json(ServerTestResultData { result: ServerTestResult { groups, notes, note_codes } }))
}

async fn try_ldap(
    app: &App,
    (before, stored): (LdapSettings, SecretString),
    config: Option<&ServerLdapConfig>,
    user: Option<ServerLdapTest>,
) -> Result<Vec<String>> {
    let user = user.ok_or_else(|| ApiError::invalid_request("The key test_ldap is missing."))?;
    if user.password.expose_secret().is_empty() {
        return Err(ApiError::invalid_request("An empty password proves nothing; give one."));
    }
    let (settings, secret) = match config {
        Some(config) => ldap(before.clone(), config)?,
        None => (before.clone(), Secret::Keep),
    };
    let same = settings.asks_same_server(&before);
    let bind_password = secret_for(same, secret, stored)?;
    let (username, password) = (user.username, user.password);
    Ok(app.identity.try_ldap(Trial { settings, bind_password, username, password }).await?)
}

/// Nobody logs in, so what there is to tell is no groups, but notes.
async fn try_oidc(
    app: &App,
    (before, stored): (OidcSettings, SecretString),
    config: Option<&ServerOidcConfig>,
) -> Result<Vec<OidcNote>> {
    let (settings, secret) = match config {
        Some(config) => oidc(before.clone(), config),
        None => (before.clone(), Secret::Keep),
    };
    let client_secret = secret_for(settings.issuer == before.issuer, secret, stored)?;
    Ok(app.identity.try_oidc(OidcTrial { settings, client_secret }).await?)
}

fn try_saml(
    app: &App,
    (before, stored): (SamlSettings, SecretString),
    config: Option<&ServerSamlConfig>,
    test: ServerSamlTest,
) -> Result<Vec<String>> {
    let (settings, secret) = match config {
        Some(config) => saml(before, config)?,
        None => (before, Secret::Keep),
    };
    // Our own key goes nowhere.
    let signing_key = secret_for(true, secret, stored)?;
    let ServerSamlTest { response, redirect_endpoint } = test;
    let trial = SamlTrial { settings, signing_key, response, redirect_endpoint };
    Ok(app.identity.try_saml(&trial)?)
}

/// The secret to try with: the given one, else the stored one, unless it would
/// go to another server.
fn secret_for(
    same_server: bool,
    given: Secret,
    stored: SecretString,
) -> std::result::Result<SecretString, DirectoryError> {
    match given {
        Secret::Set(secret) => Ok(secret),
        Secret::Keep if same_server || stored.expose_secret().is_empty() => Ok(stored),
        Secret::Keep => Err(DirectoryError::SecretForAnother),
    }
}

/// A step that failed. With 401 the client would log in here anew, for nothing.
fn failed(error: &dyn std::error::Error, reason: Option<Reason>) -> ApiError {
    let message = error.to_string();
    // Each says which step failed, and then why.
    let detail = message.split_once(" failed: ").map(|(_, why)| why.into());
    ApiError {
        reason,
        detail,
        ..ApiError::new(Code::Unauthorized, message).with_status(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<TrialError> for ApiError {
    fn from(error: TrialError) -> Self {
        match error {
            TrialError::Directory(error) => error.into(),
            TrialError::Ldap(error) => {
                let reason = match &error {
                    LdapError::Refused(refusal) => Some(Reason::LdapRefusal(*refusal)),
                    error => error.step().map(Reason::LdapStep),
                };
                failed(&error, reason)
            }
        }
    }
}

impl From<OidcTrialError> for ApiError {
    fn from(error: OidcTrialError) -> Self {
        match error {
            OidcTrialError::Directory(error) => error.into(),
            OidcTrialError::Failed { step, .. } => failed(&error, Some(Reason::OidcStep(step))),
        }
    }
}

impl From<SamlTrialError> for ApiError {
    fn from(error: SamlTrialError) -> Self {
        match error {
            SamlTrialError::Directory(error) => error.into(),
            SamlTrialError::Saml(error) => {
                let step = error.step;
                failed(&error, Some(Reason::SamlStep(step)))
            }
        }
    }
}
