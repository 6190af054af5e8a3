//! `GET /v1/dlp/sensor`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::sensor::SensorsData;
use palisade_policy::sensor::Dlp;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::query::{Page, Query, Scope};
use crate::http::selected::Selected;

/// List the DLP sensors
///
/// Those of the federation: the built in ones, then the others, by name.
#[utoipa::path(
    get,
    path = "/v1/dlp/sensor",
    tag = "dlp",
    params(
        ("scope" = Option<String>, Query, description = "`fed` or `local`"),
        (
            "cluster_selector" = Option<String>,
            Query,
            description = "Only what is for a cluster with such labels, as `kubectl get -l` takes them",
        ),
        Page,
    ),
    responses((status = OK, body = SensorsData)),
)]
pub(super) async fn dlp_sensor_list(
    State(app): State<App>,
    query: Query,
    selected: Selected,
) -> Result<Json<SensorsData>> {
    let targeted = selected.of(&app, ObjectKind::DlpSensor).await?;
    let sensors = match query.scope()? {
        Some(Scope::Local) => Vec::new(),
        Some(Scope::Fed) | None => rules::sensor::list::<Dlp>(&app.database).await?,
    };
    let sensors =
        query.list(sensors.into_iter().filter(|one| targeted.has(&one.name)).collect())?;
    Ok(Json(SensorsData { sensors }))
}
