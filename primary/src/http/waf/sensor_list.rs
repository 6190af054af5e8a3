//! `GET /v1/waf/sensor`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::sensor::SensorsData;
use palisade_policy::sensor::Waf;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::query::{Query, Scope};

/// List the WAF sensors
///
/// Those of the federation: the built in ones, then the others, by name.
#[utoipa::path(
    get,
    path = "/v1/waf/sensor",
    tag = "waf",
    params(("scope" = Option<String>, Query, description = "`fed` or `local`")),
    responses((status = OK, body = SensorsData)),
)]
pub(super) async fn waf_sensor_list(
    State(app): State<App>,
    query: Query,
) -> Result<Json<SensorsData>> {
    let sensors = match query.scope()? {
        Some(Scope::Local) => Vec::new(),
        Some(Scope::Fed) | None => rules::sensor::list::<Waf>(&app.database).await?,
    };
    let sensors = query.list(sensors)?;
    Ok(Json(SensorsData { sensors }))
}
