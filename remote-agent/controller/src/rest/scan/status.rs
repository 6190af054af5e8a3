//! `GET /v1/scan/status`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::scan::ScanStatusData;

use crate::Controller;

/// How far the scans are.
pub(super) async fn get(State(controller): State<Controller>) -> Json<ScanStatusData> {
    Json(ScanStatusData { status: controller.scans().status() })
}
