//! `POST /v1/dlp/sensor`

use axum::extract::State;
use palisade_api::rest::sensor::SensorConfigData;
use palisade_policy::sensor::Dlp;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::store::Actor;

/// Add a federated DLP sensor
///
/// Its name begins with `fed.`.
#[utoipa::path(
    post,
    path = "/v1/dlp/sensor",
    tag = "dlp",
    request_body = SensorConfigData,
    responses((status = OK)),
)]
pub(super) async fn dlp_sensor_create(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    JsonBody(SensorConfigData { config }): JsonBody<SensorConfigData>,
) -> Result<()> {
    let actor = Actor::from(&caller);
    rules::sensor::create::<Dlp>(&app.database, &actor, config).await?;
    Ok(())
}
