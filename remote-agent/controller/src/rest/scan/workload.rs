//! `/v1/scan/workload/{id}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::scan::ScanReportData;

use crate::Controller;
use crate::reach::Reach;
use crate::rest::error::Result;
use crate::rest::workload;
use crate::scan::asset::AssetKind;

/// Show what was found in a container
#[utoipa::path(
    get,
    path = "/v1/scan/workload/{id}",
    operation_id = "scan_workload_report",
    tag = "scan",
    params(("id" = String, Path, description = "Id of the container")),
    responses((status = OK, body = ScanReportData)),
)]
pub(super) async fn report(
    State(controller): State<Controller>,
    reach: Reach,
    Path(id): Path<String>,
) -> Result<Json<ScanReportData>> {
    require_reach(&controller, &reach, &id)?;
    Ok(Json(ScanReportData { report: controller.scans().report(AssetKind::Workload, &id).await? }))
}

/// Scan a container
#[utoipa::path(
    post,
    path = "/v1/scan/workload/{id}",
    operation_id = "scan_workload_start",
    tag = "scan",
    params(("id" = String, Path, description = "Id of the container")),
    responses((status = OK)),
)]
pub(super) async fn start(
    State(controller): State<Controller>,
    reach: Reach,
    Path(id): Path<String>,
) -> Result<()> {
    require_reach(&controller, &reach, &id)?;
    Ok(controller.scans().schedule(AssetKind::Workload, &id)?)
}

/// Fails unless the call reaches the container. Who reaches all is told by the scans
/// themselves what there is.
fn require_reach(controller: &Controller, reach: &Reach, id: &str) -> Result<()> {
    if reach.is_whole() { Ok(()) } else { workload::find(controller, reach, id).map(drop) }
}
