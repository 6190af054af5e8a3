//! `GET /v1/dlp/group/{name}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::sensor::DlpGroupData;
use palisade_policy::sensor::Dlp;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;

/// Show the DLP sensors that are bound to a group
#[utoipa::path(
    get,
    path = "/v1/dlp/group/{name}",
    tag = "dlp",
    params(("name" = String, Path, description = "Name of the group")),
    responses((status = OK, body = DlpGroupData)),
)]
pub(super) async fn dlp_group_get(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<DlpGroupData>> {
    let dlp_group = rules::sensor::group::get::<Dlp>(&app.database, &name).await?;
    Ok(Json(DlpGroupData { dlp_group }))
}
