//! `GET /v1/password_profile/{name}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::password_profile::{PwdProfileConditional, PwdProfileData};
use palisade_identity::{Access, Permission};

use super::{missing, rest_profile};
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, require};
use crate::http::user::basic;
use crate::identity::DEFAULT_PROFILE;

/// The name by which clients ask what a password must have.
const ACTIVE: &str = "nvsyspwdprofile";

/// Show a password profile
///
/// `nvsyspwdprofile` tells everybody what a password must have; the whole
/// profile takes the permission `authorization`.
#[utoipa::path(
    get,
    path = "/v1/password_profile/{name}",
    tag = "password_profile",
    params(("name" = String, Path)),
    responses((status = OK, body = PwdProfileData)),
)]
pub(super) async fn password_profile_get(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(name): Path<String>,
) -> Result<Json<PwdProfileData>> {
    if name != ACTIVE {
        require(&caller, Permission::Authorization, Access::Read)?;
        if name != DEFAULT_PROFILE {
            return Err(missing());
        }
    }
    let profile = app.identity.password_profile().await?;
    let pwd_profile = if name == ACTIVE {
        PwdProfileConditional::Basic(basic(&profile))
    } else {
        PwdProfileConditional::Full(rest_profile(&profile))
    };
    Ok(Json(PwdProfileData { pwd_profile }))
}
