//! `POST /v1/auth`

use axum::Json;
use axum::extract::{FromRequest as _, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use palisade_api::Code;
use palisade_api::rest::auth::{AuthData, AuthPassword, Token, TokenData};
use secrecy::ExposeSecret as _;

use super::{cookie, domain_permissions, failure, permissions};
use crate::App;
use crate::http::authorize::peer;
use crate::http::error::{ApiError, Reason, Result};
use crate::http::extract::JsonBody;
use crate::http::trail;
use crate::http::user::{expiry, rest_user, weak_password};
use crate::identity::{LoggedIn, Login, LoginBy, LoginError, LoginOutcome};

/// Log in
///
/// Answers with a token to be sent as `X-Auth-Token` with each further call.
/// Browsers send the header `X-Auth-Cookie: true` with the login and with each
/// further call instead: the answer then sets the cookie
/// `__Host-palisade-session` (HttpOnly, Secure, SameSite=Strict), which counts
/// only beside that header, and the token is empty.
///
/// The password is asked of the primary and of LDAP directories in the order of
/// `auth_order`; the first yes counts. Where nobody vouches and a directory cannot
/// be asked, the answer is 503: it is not known whether the password is right.
///
/// Where the password must be changed first, the token is null and
/// `need_to_reset_password` true: send the same again with `new_password`.
#[utoipa::path(
    post,
    path = "/v1/auth",
    tag = "auth",
    request_body = AuthData,
    params((
        "X-Auth-Cookie" = Option<String>,
        Header,
        description = "Asks for the session as a cookie"
    )),
    responses((status = OK, body = TokenData)),
)]
pub(super) async fn auth_create(State(app): State<App>, request: Request) -> Result<Response> {
    let address = peer(&request);
    let with_cookie = cookie::asked(request.headers());
    let JsonBody(data) = JsonBody::<AuthData>::from_request(request, &app).await?;
    let password =
        data.password.ok_or_else(|| ApiError::invalid_request("The key password is missing."))?;
    let outcome = log_in(&app, attempt(password, address, LoginBy::Any)).await?;
    answer(outcome, with_cookie)
}

/// Logs in, and records it, or that it fails.
pub(super) async fn log_in(app: &App, login: Login) -> Result<LoginOutcome> {
    let (name, address) = (login.username.clone(), login.address.clone());
    match app.identity.login(login).await {
        Ok(outcome) => {
            trail::logged_in(app, &outcome, &address).await;
            Ok(outcome)
        }
        Err(error) => {
            failure::password(app, &name, &address, &error).await;
            Err(error.into())
        }
    }
}

/// The attempt that a body describes.
pub(super) fn attempt(password: AuthPassword, address: String, by: LoginBy) -> Login {
    Login {
        username: password.username,
        password: password.password,
        new_password: password.new_password,
        address,
        by,
    }
}

/// The answer to a login whose password was right.
pub(super) fn answer(outcome: LoginOutcome, with_cookie: bool) -> Result<Response> {
    let LoginOutcome::LoggedIn(logged_in) = outcome else {
        return Ok(Json(TokenData {
            token: None,
            password_days_until_expire: 0,
            password_hours_until_expire: 0,
            need_to_reset_password: true,
        })
        .into_response());
    };
    let LoggedIn { token, user, .. } = *logged_in;
    let (password_days_until_expire, password_hours_until_expire) = expiry(&user);
    let data = TokenData {
        token: Some(Token {
            token: if with_cookie { String::new() } else { token.expose_secret().to_owned() },
            global_permissions: permissions(user.rights.global()),
            domain_permissions: domain_permissions(&user.rights),
            user: rest_user(&user, None),
        }),
        password_days_until_expire,
        password_hours_until_expire,
        need_to_reset_password: false,
    };
    let mut response = Json(data).into_response();
    if with_cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie::set(cookie::NAME, &token)?);
    }
    Ok(response)
}

/// Whoever vouches cannot be asked now: that is no failure of who logs in.
pub(super) fn unavailable(message: String) -> ApiError {
    ApiError::new(Code::ServerError, message).with_status(StatusCode::SERVICE_UNAVAILABLE)
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Refused => Self::unauthorized(),
            LoginError::NoDirectory => Self::object_not_found(error.to_string()),
            LoginError::Outage(_) | LoginError::DirectoryChanged => unavailable(error.to_string()),
            LoginError::Damped | LoginError::Blocked => Self::of(Code::UserLoginBlocked),
            LoginError::PasswordExpired => Self::of(Code::PasswordExpired),
            LoginError::WeakPassword(weak, profile) => weak_password(weak, &profile),
            LoginError::NoRole => {
                Self::new(Code::Unauthorized, error.to_string()).because(Reason::NoRole)
            }
            LoginError::EndedAtProvider => Self::new(Code::Unauthorized, error.to_string()),
            LoginError::TooManySessions => {
                Self::new(Code::Unauthorized, error.to_string()).because(Reason::TooManySessions)
            }
            LoginError::Password(error) => error.into(),
            LoginError::Key(error) => Self::internal(error),
            LoginError::Store(error) => error.into(),
        }
    }
}
