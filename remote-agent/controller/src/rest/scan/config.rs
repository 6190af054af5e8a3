//! `/v1/scan/config`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::scan::{ScanConfigChangeData, ScanConfigData};

use crate::Controller;
use crate::rest::error::Result;
use crate::rest::extract::JsonBody;

/// `GET /v1/scan/config`.
pub(super) async fn get(State(controller): State<Controller>) -> Json<ScanConfigData> {
    Json(ScanConfigData { config: controller.scans().config() })
}

/// `PATCH /v1/scan/config`.
pub(super) async fn change(
    State(controller): State<Controller>,
    JsonBody(body): JsonBody<ScanConfigChangeData>,
) -> Result<()> {
    Ok(controller.scans().config_change(body.config).await?)
}
