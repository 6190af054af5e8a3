//! `GET /v1/password_profile`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::password_profile::PwdProfilesData;

use super::rest_profile;
use crate::App;
use crate::http::error::Result;
use crate::http::query::{Page, Query};
use crate::identity::DEFAULT_PROFILE;

/// List the password profiles
///
/// There is one.
#[utoipa::path(
    get,
    path = "/v1/password_profile",
    tag = "password_profile",
    params(Page),
    responses((status = OK, body = PwdProfilesData)),
)]
pub(super) async fn password_profile_list(
    State(app): State<App>,
    query: Query,
) -> Result<Json<PwdProfilesData>> {
    let profile = app.identity.password_profile().await?;
    Ok(Json(PwdProfilesData {
        pwd_profiles: query.list(vec![rest_profile(&profile)])?,
        active_profile_name: DEFAULT_PROFILE.to_owned(),
    }))
}
