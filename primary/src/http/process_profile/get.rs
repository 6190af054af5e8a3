//! `GET /v1/process_profile/{name}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::process_profile::ProcessProfileData;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;

/// Show the process profile of a group
#[utoipa::path(
    get,
    path = "/v1/process_profile/{name}",
    tag = "process_profile",
    params(("name" = String, Path, description = "Name of the group")),
    responses((status = OK, body = ProcessProfileData)),
)]
pub(super) async fn process_profile_get(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<ProcessProfileData>> {
    let process_profile = rules::process_profile::get(&app.database, &name).await?.to_rest();
    Ok(Json(ProcessProfileData { process_profile }))
}
