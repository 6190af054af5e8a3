//! `POST /v1/token_auth_server/{server}`, and GET with a body

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::header;
use palisade_api::rest::token_auth_server::{
    TokenAuthServerRedirect, TokenAuthServersRedirectData, TokenRedirect,
};

use super::BROWSER;
use crate::App;
use crate::http::auth::{cookie, failure};
use crate::http::authorize::peer;
use crate::http::error::Result;
use crate::http::extract::{MAX_BODY_BYTES, from_json, read_body};
use crate::identity::BeginSso;

/// Begin a login at a provider
///
/// Answers with the address that the browser goes to. The provider sends it
/// back to `redirect_endpoint` with a code and a state, for `POST
/// /v1/auth/{server}`; of SAML with a post, for that call too or for `POST
/// /v1/token_auth_server/{server}/acs`. With the header `X-Auth-Cookie` the login is tied to
/// this browser by a cookie; our own page must do so.
#[utoipa::path(
    post,
    path = "/v1/token_auth_server/{server}",
    tag = "auth",
    params(("server" = String, Path)),
    request_body = TokenRedirect,
    responses((status = OK, body = TokenAuthServersRedirectData)),
)]
pub(super) async fn token_auth_server_begin(
    State(app): State<App>,
    Path(server): Path<String>,
    request: Request,
) -> Result<Response> {
    let for_browser = cookie::asked(request.headers());
    let address = peer(&request);
    let body = read_body(request, MAX_BODY_BYTES).await?;
    let TokenRedirect { redirect_endpoint, .. } = from_json(&body)?;
    let begin = BeginSso { server: server.clone(), redirect_endpoint, for_browser, address };
    let started = match app.identity.begin_sso(begin).await {
        Ok(started) => started,
        Err(error) => {
            failure::provider(&app, &server, &error).await;
            return Err(error.into());
        }
    };
    let redirect = TokenAuthServerRedirect {
        server_name: server,
        server_type: started.kind.as_str().to_owned(),
        redirect_url: started.url.into(),
    };
    let mut response = Json(TokenAuthServersRedirectData { redirect }).into_response();
    if let Some(browser) = &started.browser {
        response.headers_mut().append(header::SET_COOKIE, cookie::set(BROWSER, browser)?);
    }
    Ok(response)
}

/// Begin a login at a provider
///
/// As POST does; some clients send a GET with a body.
#[utoipa::path(
    get,
    path = "/v1/token_auth_server/{server}",
    tag = "auth",
    params(("server" = String, Path)),
    responses((status = OK, body = TokenAuthServersRedirectData)),
)]
pub(super) async fn token_auth_server_begin_get(
    state: State<App>,
    server: Path<String>,
    request: Request,
) -> Result<Response> {
    token_auth_server_begin(state, server, request).await
}
