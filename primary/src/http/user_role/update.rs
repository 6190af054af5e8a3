//! `PATCH /v1/user_role/{name}`

use axum::extract::{Path, State};
use palisade_api::rest::user_role::UserRoleConfigData;

use super::described;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::user::same_name;
use crate::version::{Expected, Version};

/// Write a custom role anew
///
/// Other permissions end the sessions of all who hold the role.
#[utoipa::path(
    patch,
    path = "/v1/user_role/{name}",
    tag = "user_role",
    params(("name" = String, Path), Expected),
    request_body = UserRoleConfigData,
    responses((status = OK)),
)]
pub(super) async fn user_role_update(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(name): Path<String>,
    expected: Expected,
    JsonBody(UserRoleConfigData { mut config }): JsonBody<UserRoleConfigData>,
) -> Result<Version> {
    same_name(&name, &config.name)?;
    config.name = name;
    Ok(app.identity.change_user_role(&caller, described(config)?, &expected).await?)
}
