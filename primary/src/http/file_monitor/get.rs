//! `GET /v1/file_monitor/{name}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::file_monitor::FileMonitorProfileData;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;

/// Show the file monitor of a group
#[utoipa::path(
    get,
    path = "/v1/file_monitor/{name}",
    tag = "file_monitor",
    params(("name" = String, Path, description = "Name of the group")),
    responses((status = OK, body = FileMonitorProfileData)),
)]
pub(super) async fn file_monitor_get(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<FileMonitorProfileData>> {
    let profile = rules::file_monitor::get(&app.database, &name).await?.to_rest();
    Ok(Json(FileMonitorProfileData { profile }))
}
