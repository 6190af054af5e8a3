//! `POST /v1/token_auth_server/{server}/acs`

use axum::extract::{Path, Request, State};
use axum::response::Response;
use palisade_api::rest::token_auth_server::SamlForm;
use secrecy::ExposeSecret as _;
use url::form_urlencoded;

use super::see_other;
use crate::App;
use crate::http::auth::failure;
use crate::http::authorize::peer;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{MAX_BODY_BYTES, read_body};
use crate::identity::{LoginError, SsoError};

/// Take the response of a provider of SAML
///
/// The browser posts it here when its login began with this address as
/// `redirect_endpoint`. It is sent on to the portal, with a code for `POST
/// /v1/auth/{server}`, or with the word that the provider was refused.
#[utoipa::path(
    post,
    path = "/v1/token_auth_server/{server}/acs",
    tag = "auth",
    params(("server" = String, Path)),
    request_body(content = SamlForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = SEE_OTHER, description = "On to the portal.")),
)]
pub(super) async fn token_auth_server_acs_create(
    State(app): State<App>,
    Path(server): Path<String>,
    request: Request,
) -> Result<Response> {
    let address = peer(&request);
    let body = read_body(request, MAX_BODY_BYTES).await?;
    let response = form_urlencoded::parse(&body)
        .find(|(name, _)| name == "SAMLResponse")
        .map(|(_, value)| value.into_owned())
        .ok_or_else(|| ApiError::invalid_request("SAMLResponse is missing."))?;
    match app.identity.accept_saml(&server, &response, &address).await {
        Ok(code) => see_other(&format!("/sign-in?code={}&state=saml", code.expose_secret())),
        Err(
            error @ (SsoError::Refused(_)
            | SsoError::Unproven(_)
            | SsoError::Saml(_)
            | SsoError::Login(LoginError::Refused | LoginError::NoRole)),
        ) => {
            failure::single_sign_on(&app, &server, &address, &error).await;
            tracing::warn!(%error, server, "single sign-on failed");
            see_other("/sign-in?refused=true")
        }
        Err(error) => Err(error.into()),
    }
}
