//! `GET /v1/user_role`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::user_role::UserRolesData;
use palisade_identity::Role;

use super::{custom, reserved};
use crate::App;
use crate::http::error::Result;
use crate::http::query::{Page, Query};

/// List the roles
#[utoipa::path(
    get,
    path = "/v1/user_role",
    tag = "user_role",
    params(Page),
    responses((status = OK, body = UserRolesData)),
)]
pub(super) async fn user_role_list(
    State(app): State<App>,
    query: Query,
) -> Result<Json<UserRolesData>> {
    let made = app.identity.user_roles().await?;
    let roles = Role::ALL
        .into_iter()
        .filter(|role| *role != Role::None)
        .map(reserved)
        .chain(made.iter().map(custom));
    Ok(Json(UserRolesData { roles: query.list(roles.collect())? }))
}
