//! `POST /v1/user_role`

use axum::extract::State;
use palisade_api::rest::user_role::UserRoleConfigData;

use super::described;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::version::Version;

/// Create a custom role
#[utoipa::path(
    post,
    path = "/v1/user_role",
    tag = "user_role",
    request_body = UserRoleConfigData,
    responses((
        status = OK,
        headers(("ETag" = String, description = "The version that was made, for `If-Match`")),
    )),
)]
pub(super) async fn user_role_create(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    JsonBody(UserRoleConfigData { config }): JsonBody<UserRoleConfigData>,
) -> Result<Version> {
    Ok(app.identity.create_user_role(&caller, described(config)?).await?)
}
