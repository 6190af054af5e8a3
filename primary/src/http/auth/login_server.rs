//! `POST /v1/auth/{server}`

use axum::extract::{FromRequest as _, Path, Request, State};
use axum::response::Response;
use palisade_api::rest::auth::{AuthData, TokenData};

use super::login::{attempt, log_in};
use super::token_auth_server::{Browser, finish};
use super::{answer, cookie};
use crate::App;
use crate::http::authorize::peer;
use crate::http::error::{ApiError, Result};
use crate::http::extract::JsonBody;
use crate::identity::LoginBy;

/// The server that means the primary's own users.
const LOCAL: &str = "local";

/// Log in by one directory or provider
///
/// With `password` an LDAP directory, or `local` for the primary's own users;
/// with `Token` a provider of single sign-on: the code as `token`, the `state`,
/// the `redirect_endpoint` as it was when the login began, and `iss` where the
/// provider sent one. The header `X-Auth-Cookie` asks for the session as a
/// cookie, as with `POST /v1/auth`.
#[utoipa::path(
    post,
    path = "/v1/auth/{server}",
    tag = "auth",
    params(
        ("server" = String, Path),
        (
            "X-Auth-Cookie" = Option<String>,
            Header,
            description = "Asks for the session as a cookie"
        ),
    ),
    request_body = AuthData,
    responses((status = OK, body = TokenData)),
)]
pub(super) async fn auth_server_create(
    State(app): State<App>,
    Path(server): Path<String>,
    request: Request,
) -> Result<Response> {
    let address = peer(&request);
    let with_cookie = cookie::asked(request.headers());
    let browser = Browser::of(request.headers());
    let JsonBody(data) = JsonBody::<AuthData>::from_request(request, &app).await?;
    match (data.password, data.token) {
        (Some(password), _) => {
            let by = if server == LOCAL { LoginBy::Local } else { LoginBy::Directory(server) };
            answer(log_in(&app, attempt(password, address, by)).await?, with_cookie)
        }
        (None, Some(token)) => finish(&app, server, token, browser, address).await,
        (None, None) => Err(ApiError::invalid_request("Give the key password or the key Token.")),
    }
}
