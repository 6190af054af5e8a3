//! `/v1/scan/host/{id}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::scan::ScanReportData;

use crate::Controller;
use crate::rest::error::Result;
use crate::scan::asset::AssetKind;

/// Show what was found on a node
#[utoipa::path(
    get,
    path = "/v1/scan/host/{id}",
    operation_id = "scan_host_report",
    tag = "scan",
    params(("id" = String, Path, description = "Id of the node")),
    responses((status = OK, body = ScanReportData)),
)]
pub(super) async fn report(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> Result<Json<ScanReportData>> {
    Ok(Json(ScanReportData { report: controller.scans().report(AssetKind::Host, &id).await? }))
}

/// Scan a node
#[utoipa::path(
    post,
    path = "/v1/scan/host/{id}",
    operation_id = "scan_host_start",
    tag = "scan",
    params(("id" = String, Path, description = "Id of the node")),
    responses((status = OK)),
)]
pub(super) async fn start(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> Result<()> {
    Ok(controller.scans().schedule(AssetKind::Host, &id)?)
}
