//! `GET /v1/user/{fullname}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::user::UserData;

use super::rest_user;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::identity::UserError;

/// Show a user
#[utoipa::path(
    get,
    path = "/v1/user/{fullname}",
    tag = "user",
    params(("fullname" = String, Path)),
    responses((status = OK, body = UserData)),
)]
pub(super) async fn user_get(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(fullname): Path<String>,
) -> Result<Json<UserData>> {
    let user = app.identity.user(&fullname).await?.ok_or(UserError::Missing)?;
    Ok(Json(UserData { user: rest_user(&user, caller.role) }))
}
