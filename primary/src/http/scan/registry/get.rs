//! `GET /v1/scan/registry/{name}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::scan::RegistrySummaryData;

use crate::App;
use crate::http::error::Result;

/// Show a registry with the state of its scan
#[utoipa::path(
    get,
    path = "/v1/scan/registry/{name}",
    tag = "registry",
    params(("name" = String, Path)),
    responses((status = OK, body = RegistrySummaryData)),
)]
pub(super) async fn scan_registry_get(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<RegistrySummaryData>> {
    Ok(Json(RegistrySummaryData { summary: app.registries.get(&name).await? }))
}
