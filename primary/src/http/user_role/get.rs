//! `GET /v1/user_role/{name}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::user_role::UserRoleData;
use palisade_identity::Role;

use super::{custom, reserved};
use crate::App;
use crate::http::error::{ApiError, Result};

/// Show a role
#[utoipa::path(
    get,
    path = "/v1/user_role/{name}",
    tag = "user_role",
    params(("name" = String, Path)),
    responses((status = OK, body = UserRoleData)),
)]
pub(super) async fn user_role_get(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<UserRoleData>> {
    if let Ok(role) = name.parse::<Role>() {
        return Ok(Json(UserRoleData { role: reserved(role) }));
    }
    let made = app.identity.user_roles().await?;
    let role = made.iter().find(|role| role.name.as_str() == name).map(custom);
    let role = role.ok_or_else(|| ApiError::object_not_found("There is no such role."))?;
    Ok(Json(UserRoleData { role }))
}
