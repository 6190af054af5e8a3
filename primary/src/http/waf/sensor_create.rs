//! `POST /v1/waf/sensor`

use axum::extract::State;
use palisade_api::rest::sensor::SensorConfigData;
use palisade_policy::sensor::Waf;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::store::Actor;

/// Add a federated WAF sensor
///
/// Its name begins with `fed.`.
#[utoipa::path(
    post,
    path = "/v1/waf/sensor",
    tag = "waf",
    request_body = SensorConfigData,
    responses((status = OK)),
)]
pub(super) async fn waf_sensor_create(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    JsonBody(SensorConfigData { config }): JsonBody<SensorConfigData>,
) -> Result<()> {
    let actor = Actor::from(&caller);
    rules::sensor::create::<Waf>(&app.database, &actor, config).await?;
    Ok(())
}
