//! `POST /v1/auth`

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{FromRequest as _, Request, State};
use palisade_api::Code;
use palisade_api::rest::auth::{AuthData, Token, TokenData};
use secrecy::ExposeSecret as _;

use super::global_permissions;
use crate::App;
use crate::http::authorize::peer;
use crate::http::error::{ApiError, Result};
use crate::http::extract::JsonBody;
use crate::http::user::rest_user;
use crate::identity::{LoggedIn, Login, LoginError};

/// Log in
///
/// Answers with a token to be sent as `X-Auth-Token` with each further call.
#[utoipa::path(
    post,
    path = "/v1/auth",
    tag = "auth",
    request_body = AuthData,
    responses((status = OK, body = TokenData)),
)]
pub(super) async fn auth_create(
    State(app): State<App>,
    request: Request,
) -> Result<Json<TokenData>> {
    let address = peer(&request);
    let JsonBody(data) = JsonBody::<AuthData>::from_request(request, &app).await?;
    let password =
        data.password.ok_or_else(|| ApiError::invalid_request("The key password is missing."))?;
    let login = Login { username: password.username, password: password.password, address };
    let LoggedIn { token, user } = app.identity.login(login).await?;
    let token = Token {
        token: token.expose_secret().to_owned(),
        global_permissions: global_permissions(user.role),
        domain_permissions: BTreeMap::new(),
        user: rest_user(&user, user.role),
    };
    Ok(Json(TokenData {
        token: Some(token),
        password_days_until_expire: -1,
        password_hours_until_expire: 0,
        need_to_reset_password: false,
    }))
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Refused => Self::unauthorized(),
            LoginError::Blocked => Self::of(Code::UserLoginBlocked),
            LoginError::TooManySessions => Self::new(Code::Unauthorized, error.to_string()),
            LoginError::Password(error) => error.into(),
            LoginError::Key(error) => Self::internal(error),
            LoginError::Store(error) => error.into(),
        }
    }
}
