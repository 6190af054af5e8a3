//! `GET /v1/scan/image/{id}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::Digest;
use palisade_api::rest::scan::ScanReportData;

use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::query::Query;
use crate::http::scan::registry::shown;

/// Show the report on an image of any registry
#[utoipa::path(
    get,
    path = "/v1/scan/image/{id}",
    tag = "scan",
    params(
        ("id" = String, Path, description = "Image id, or digest of the manifest"),
        ("show" = Option<String>, Query, description = "`accepted`: also what is accepted"),
    ),
    responses((status = OK, body = ScanReportData)),
)]
pub(super) async fn scan_image_get(
    State(app): State<App>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<ScanReportData>> {
    let missing = || ApiError::object_not_found("There is no report on this image.");
    let digest = id.parse::<Digest>().or_else(|_| Digest::from_oci(&id)).map_err(|_| missing())?;
    let report = app.registries.report_of_image(digest).await?.ok_or_else(missing)?;
    Ok(Json(ScanReportData { report: report.scan_report(shown(&query)) }))
}
