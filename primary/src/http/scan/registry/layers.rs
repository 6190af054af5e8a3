//! `GET /v1/scan/registry/{name}/layers/{id}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::scan::ScanLayersReportData;
use palisade_scanner::report::Accepted;

use super::report;
use crate::App;
use crate::http::error::Result;

/// Show the report on an image by layer
#[utoipa::path(
    get,
    path = "/v1/scan/registry/{name}/layers/{id}",
    tag = "registry",
    params(
        ("name" = String, Path),
        ("id" = String, Path, description = "Image id, or digest of the manifest"),
    ),
    responses((status = OK, body = ScanLayersReportData)),
)]
pub(super) async fn scan_registry_layers(
    State(app): State<App>,
    Path((name, id)): Path<(String, String)>,
) -> Result<Json<ScanLayersReportData>> {
    let report = report(&app, &name, &id).await?;
    Ok(Json(ScanLayersReportData { report: report.layers_report(Accepted::Hidden) }))
}
