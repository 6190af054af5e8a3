//! `GET /v1/user/{fullname}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::user::UserData;

use super::rest_user;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;

/// Show a user
///
/// Everybody may see themselves.
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
    let user = app.identity.user(&caller, &fullname).await?;
    Ok(Json(UserData { user: rest_user(&user, Some(&caller)) }))
}
