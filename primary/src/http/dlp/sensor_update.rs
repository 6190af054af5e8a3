//! `PATCH /v1/dlp/sensor/{name}`

use axum::extract::{Path, State};
use palisade_api::rest::sensor::SensorConfigData;
use palisade_policy::sensor::Dlp;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::store::Actor;

/// Change a federated DLP sensor
///
/// `rules` replaces all its rules; without it, `delete` and `change` are done.
#[utoipa::path(
    patch,
    path = "/v1/dlp/sensor/{name}",
    tag = "dlp",
    params(("name" = String, Path, description = "Name of the sensor")),
    request_body = SensorConfigData,
    responses((status = OK)),
)]
pub(super) async fn dlp_sensor_update(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(name): Path<String>,
    JsonBody(SensorConfigData { config }): JsonBody<SensorConfigData>,
) -> Result<()> {
    let actor = Actor::from(&caller);
    rules::sensor::update::<Dlp>(&app.database, &actor, &name, config).await?;
    Ok(())
}
