//! `GET /v1/scan/status`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::scan::ScanStatusData;

use crate::Controller;

/// Tell how far the scans are
#[utoipa::path(
    get,
    path = "/v1/scan/status",
    operation_id = "scan_status_get",
    tag = "scan",
    responses((status = OK, body = ScanStatusData)),
)]
pub(super) async fn get(State(controller): State<Controller>) -> Json<ScanStatusData> {
    Json(ScanStatusData { status: controller.scans().status() })
}
