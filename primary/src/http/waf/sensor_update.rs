//! `PATCH /v1/waf/sensor/{name}`

use axum::extract::{Path, State};
use palisade_api::rest::sensor::SensorConfigData;
use palisade_policy::sensor::Waf;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::store::Actor;

/// Change a federated WAF sensor
///
/// `rules` replaces all its rules; without it, `delete` and `change` are done.
#[utoipa::path(
    patch,
    path = "/v1/waf/sensor/{name}",
    tag = "waf",
    params(("name" = String, Path, description = "Name of the sensor")),
    request_body = SensorConfigData,
    responses((status = OK)),
)]
pub(super) async fn waf_sensor_update(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(name): Path<String>,
    JsonBody(SensorConfigData { config }): JsonBody<SensorConfigData>,
) -> Result<()> {
    let actor = Actor::from(&caller);
    rules::sensor::update::<Waf>(&app.database, &actor, &name, config).await?;
    Ok(())
}
