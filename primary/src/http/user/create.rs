//! `POST /v1/user`

use axum::extract::State;
use palisade_api::rest::user::UserCreation;
use palisade_identity::Roles;

use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{Authenticated, JsonBody};
use crate::identity::{CreateUser, DEFAULT_LOCALE, UserError};
use crate::version::Version;

/// Create a local user
#[utoipa::path(
    post,
    path = "/v1/user",
    tag = "user",
    request_body = UserCreation,
    responses((
        status = OK,
        headers(("ETag" = String, description = "The version that was made, for `If-Match`")),
    )),
)]
pub(super) async fn user_create(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    JsonBody(UserCreation { user }): JsonBody<UserCreation>,
) -> Result<Version> {
    let username = if user.username.is_empty() { user.fullname.clone() } else { user.username };
    if !user.fullname.is_empty() && user.fullname != username {
        return Err(ApiError::invalid_request(
            "The full name of a local user is its user name; leave fullname out.",
        ));
    }
    let scope = app.identity.scope(user.access_scope.unwrap_or_default()).await?;
    let roles = Roles::parse(&user.role, &user.role_domains).and_then(|one| one.within(scope));
    let new = CreateUser {
        username,
        password: user.password,
        email: user.email,
        roles: roles.map_err(UserError::from)?,
        timeout: match user.timeout {
            0 => None,
            seconds => Some(i32::try_from(seconds).unwrap_or(i32::MAX)),
        },
        locale: if user.locale.is_empty() { DEFAULT_LOCALE.to_owned() } else { user.locale },
    };
    Ok(app.identity.create_user(&caller, new).await?)
}
