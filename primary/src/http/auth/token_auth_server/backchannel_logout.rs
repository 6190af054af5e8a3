//! `POST /v1/token_auth_server/{server}/backchannel_logout`

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use palisade_api::Code;
use palisade_api::rest::token_auth_server::LogoutForm;
use url::form_urlencoded;

use crate::App;
use crate::http::auth::failure;
use crate::http::authorize::peer;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{MAX_BODY_BYTES, read_body};
use crate::identity::{DirectoryError, OidcLogoutError, SsoError};

/// Take the word of a provider of OpenID Connect that somebody logged out
///
/// The provider itself calls here (OpenID Connect Back-Channel Logout 1.0). Its token ends the
/// session that it names by `sid`, or all of whom it names by `sub`, and counts once. That nobody
/// has such a session is a success.
#[utoipa::path(
    post,
    path = "/v1/token_auth_server/{server}/backchannel_logout",
    tag = "auth",
    params(("server" = String, Path)),
    request_body(content = LogoutForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = OK, description = "Whoever it was has no such session any more."),
        (
            status = TOO_MANY_REQUESTS,
            description = "It does not count, as too many from there before: code 47.",
            body = palisade_api::rest::error::ErrorBody,
        ),
    ),
)]
pub(super) async fn token_auth_server_backchannel_logout_create(
    State(app): State<App>,
    Path(server): Path<String>,
    request: Request,
) -> Response {
    let taken = take(&app, &server, request).await;
    // As the standard wants it.
    let headers = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (headers, taken.map(|()| StatusCode::OK)).into_response()
}

async fn take(app: &App, server: &str, request: Request) -> Result<()> {
    let address = peer(&request);
    let body = read_body(request, MAX_BODY_BYTES).await?;
    let token = form_urlencoded::parse(&body)
        .find(|(name, _)| name == "logout_token")
        .map(|(_, value)| value.into_owned())
        .ok_or_else(|| ApiError::invalid_request("logout_token is missing."))?;
    let outcome = app.identity.take_logout_token(server, &token, &address).await;
    if let Err(error) = &outcome {
        tracing::warn!(%error, server, address, "a provider logged nobody out");
        if let OidcLogoutError::Provider(error) = error {
            failure::provider(app, server, error).await;
        }
    }
    Ok(outcome?)
}

impl From<OidcLogoutError> for ApiError {
    fn from(error: OidcLogoutError) -> Self {
        match error {
            OidcLogoutError::Damped => Self::new(Code::UserLoginBlocked, error.to_string())
                .with_status(StatusCode::TOO_MANY_REQUESTS),
            OidcLogoutError::Store(error)
            | OidcLogoutError::Provider(
                SsoError::Store(error) | SsoError::Directory(DirectoryError::Store(error)),
            ) => error.into(),
            // Whatever else it is, the standard answers it so; what exactly is wrong is for the
            // log.
            OidcLogoutError::Token(_) | OidcLogoutError::Provider(_) => {
                Self::invalid_request("The logout token ends nothing; the log says why.")
            }
        }
    }
}
