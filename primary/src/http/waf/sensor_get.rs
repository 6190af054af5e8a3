//! `GET /v1/waf/sensor/{name}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::sensor::SensorData;
use palisade_policy::sensor::Waf;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;

/// Show a WAF sensor
#[utoipa::path(
    get,
    path = "/v1/waf/sensor/{name}",
    tag = "waf",
    params(("name" = String, Path, description = "Name of the sensor")),
    responses((status = OK, body = SensorData)),
)]
pub(super) async fn waf_sensor_get(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<SensorData>> {
    let sensor = rules::sensor::get::<Waf>(&app.database, &name).await?;
    Ok(Json(SensorData { sensor }))
}
