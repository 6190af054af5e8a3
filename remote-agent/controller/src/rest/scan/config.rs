//! `/v1/scan/config`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::scan::{ScanConfigChangeData, ScanConfigData};

use crate::Controller;
use crate::rest::error::Result;
use crate::rest::extract::JsonBody;

/// Show what is scanned by itself
#[utoipa::path(
    get,
    path = "/v1/scan/config",
    operation_id = "scan_config_get",
    tag = "scan",
    responses((status = OK, body = ScanConfigData)),
)]
pub(super) async fn get(State(controller): State<Controller>) -> Json<ScanConfigData> {
    Json(ScanConfigData { config: controller.scans().config() })
}

/// Change what is scanned by itself
#[utoipa::path(
    patch,
    path = "/v1/scan/config",
    operation_id = "scan_config_update",
    tag = "scan",
    request_body = ScanConfigChangeData,
    responses((status = OK)),
)]
pub(super) async fn change(
    State(controller): State<Controller>,
    JsonBody(body): JsonBody<ScanConfigChangeData>,
) -> Result<()> {
    Ok(controller.scans().config_change(body.config).await?)
}
