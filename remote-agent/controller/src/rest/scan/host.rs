//! `/v1/scan/host/{id}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::scan::ScanReportData;

use crate::Controller;
use crate::rest::error::Result;
use crate::scan::asset::AssetKind;

/// `GET /v1/scan/host/{id}`: what was found on a node.
pub(super) async fn report(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> Result<Json<ScanReportData>> {
    Ok(Json(ScanReportData { report: controller.scans().report(AssetKind::Host, &id).await? }))
}

/// `POST /v1/scan/host/{id}`: asks for a scan.
pub(super) async fn start(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> Result<()> {
    Ok(controller.scans().schedule(AssetKind::Host, &id)?)
}
