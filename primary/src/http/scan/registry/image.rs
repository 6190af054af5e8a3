//! `GET /v1/scan/registry/{name}/image/{id}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::scan::ScanReportData;

use super::{report, shown};
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::query::Query;

/// Show the report on an image
#[utoipa::path(
    get,
    path = "/v1/scan/registry/{name}/image/{id}",
    tag = "registry",
    params(
        ("name" = String, Path),
        ("id" = String, Path, description = "Image id, or digest of the manifest"),
        ("show" = Option<String>, Query, description = "`accepted`: also what is accepted"),
    ),
    responses((status = OK, body = ScanReportData)),
)]
pub(super) async fn scan_registry_image(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path((name, id)): Path<(String, String)>,
    query: Query,
) -> Result<Json<ScanReportData>> {
    let report = report(&app, &caller, &name, &id).await?;
    Ok(Json(ScanReportData { report: report.scan_report(shown(&query)) }))
}
