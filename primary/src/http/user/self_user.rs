//! `GET /v1/selfuser`

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use palisade_api::rest::auth::SelfUserData;

use super::rest_user;
use crate::App;
use crate::http::auth::global_permissions;
use crate::http::error::{ApiError, Result};
use crate::http::extract::Authenticated;

/// Show the caller
#[utoipa::path(
    get,
    path = "/v1/selfuser",
    tag = "user",
    responses((status = OK, body = SelfUserData)),
)]
pub(super) async fn selfuser_get(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
) -> Result<Json<SelfUserData>> {
    let user = app.identity.user(&caller.fullname).await?.ok_or_else(ApiError::unauthorized)?;
    Ok(Json(SelfUserData {
        user: rest_user(&user, caller.role),
        password_days_until_expire: -1,
        password_hours_until_expire: 0,
        global_permissions: global_permissions(user.role),
        domain_permissions: BTreeMap::new(),
    }))
}
