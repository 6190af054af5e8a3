//! `POST /v1/auth/{server}`

use axum::extract::{FromRequest as _, Path, Request, State};
use axum::response::Response;
use palisade_api::rest::auth::{AuthData, TokenData};

use super::cookie;
use super::login::{answer, attempt};
use crate::App;
use crate::http::authorize::peer;
use crate::http::error::{ApiError, Result};
use crate::http::extract::JsonBody;

/// The server that means the primary's own users.
const LOCAL: &str = "local";

/// Log in by one directory
///
/// `local` means the primary's own users.
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
    let JsonBody(data) = JsonBody::<AuthData>::from_request(request, &app).await?;
    let password =
        data.password.ok_or_else(|| ApiError::invalid_request("The key password is missing."))?;
    if server != LOCAL {
        return Err(ApiError::object_not_found("There is no such directory."));
    }
    answer(app.identity.login(attempt(password, address)).await?, with_cookie)
}
