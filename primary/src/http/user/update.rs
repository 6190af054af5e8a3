//! `PATCH /v1/user/{fullname}`

use axum::extract::{Path, State};
use palisade_api::rest::user::UserConfigData;

use super::same_name;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::identity::ChangeUser;
use crate::version::{Expected, Version};

/// Change a user
///
/// Everybody may change themselves, but not their roles. A new password or role
/// ends the sessions of the user. To change one's own password takes the present
/// one; that of another is reset by `POST /v1/user/{fullname}/password`.
#[utoipa::path(
    patch,
    path = "/v1/user/{fullname}",
    tag = "user",
    params(("fullname" = String, Path), Expected),
    request_body = UserConfigData,
    responses((status = OK)),
)]
pub(super) async fn user_update(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(fullname): Path<String>,
    expected: Expected,
    JsonBody(UserConfigData { config }): JsonBody<UserConfigData>,
) -> Result<Version> {
    same_name(&fullname, config.fullname.as_deref().unwrap_or_default())?;
    let scope = match config.access_scope {
        Some(asked) => Some(app.identity.scope(asked).await?),
        None => None,
    };
    let change = ChangeUser {
        scope,
        password: config.password,
        new_password: config.new_password,
        email: config.email,
        role: config.role,
        role_domains: config.role_domains,
        timeout: config.timeout.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX)),
        locale: config.locale,
    };
    Ok(app.identity.change_user(&caller, &fullname, change, &expected).await?)
}
