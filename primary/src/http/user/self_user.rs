//! `GET /v1/selfuser`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::auth::SelfUserData;

use super::{expiry, rest_user};
use crate::App;
use crate::http::auth::{domain_permissions, permissions};
use crate::http::error::{ApiError, Result};
use crate::http::extract::Authenticated;

/// Show the user that calls
///
/// An API key is no user: see `/v1/selfapikey`.
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
    if caller.session().is_none() {
        return Err(ApiError::access_denied("No user calls, but an API key: see /v1/selfapikey."));
    }
    let user = app.identity.user(&caller, &caller.fullname).await?;
    let (password_days_until_expire, password_hours_until_expire) = expiry(&user);
    Ok(Json(SelfUserData {
        user: rest_user(&user, Some(&caller)),
        password_days_until_expire,
        password_hours_until_expire,
        global_permissions: permissions(user.rights.global()),
        domain_permissions: domain_permissions(&user.rights),
    }))
}
