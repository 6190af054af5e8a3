//! `/v1/token_auth_server/{server}/sls`

use axum::extract::{Path, Request, State};
use axum::response::Response;
use palisade_api::rest::token_auth_server::SamlForm;
use url::form_urlencoded;

use super::{login_address, origin, see_other};
use crate::App;
use crate::http::authorize::peer;
use crate::http::error::Result;
use crate::http::extract::{MAX_BODY_BYTES, read_body};
use crate::identity::{LogoutAnswer, LogoutMessage};

/// Take a message of a provider of SAML about a logout
///
/// A request, which must be signed, ends the sessions here and is answered
/// there; an answer brings the browser home.
#[utoipa::path(
    get,
    path = "/v1/token_auth_server/{server}/sls",
    tag = "auth",
    params(
        ("server" = String, Path),
        ("SAMLRequest" = Option<String>, Query),
        ("SAMLResponse" = Option<String>, Query),
        ("RelayState" = Option<String>, Query),
        ("SigAlg" = Option<String>, Query),
        ("Signature" = Option<String>, Query),
    ),
    responses((status = SEE_OTHER, description = "Back to the provider, or to the portal.")),
)]
pub(super) async fn token_auth_server_sls_get(
    State(app): State<App>,
    Path(server): Path<String>,
    request: Request,
) -> Result<Response> {
    let (origin, address) = (origin(&request)?, peer(&request));
    let query = request.uri().query().unwrap_or_default();
    answer(&app, (&origin, &address), &server, LogoutMessage::Redirect(query.to_owned())).await
}

/// Take a message of a provider of SAML about a logout
///
/// As GET does.
#[utoipa::path(
    post,
    path = "/v1/token_auth_server/{server}/sls",
    tag = "auth",
    params(("server" = String, Path)),
    request_body(content = SamlForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = SEE_OTHER, description = "Back to the provider, or to the portal.")),
)]
pub(super) async fn token_auth_server_sls_create(
    State(app): State<App>,
    Path(server): Path<String>,
    request: Request,
) -> Result<Response> {
    let (origin, address) = (origin(&request)?, peer(&request));
    let body = read_body(request, MAX_BODY_BYTES).await?;
    let field = |wanted: &str| {
        let mut pairs = form_urlencoded::parse(&body);
        pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let message = LogoutMessage::Post {
        request: field("SAMLRequest"),
        response: field("SAMLResponse"),
        relay_state: field("RelayState"),
    };
    answer(&app, (&origin, &address), &server, message).await
}

async fn answer(
    app: &App,
    (origin, address): (&str, &str),
    server: &str,
    message: LogoutMessage,
) -> Result<Response> {
    let issuer = login_address(origin, server);
    match app.identity.take_saml_logout(server, message, &issuer, address).await? {
        LogoutAnswer::Provider(url) => see_other(url.as_str()),
        LogoutAnswer::Done => see_other("/sign-in"),
    }
}
