//! `DELETE /v1/dlp/sensor/{name}`

use axum::extract::{Path, State};
use palisade_policy::sensor::Dlp;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::FedAdmin;
use crate::store::Actor;

/// Delete a federated DLP sensor that is bound to no group
#[utoipa::path(
    delete,
    path = "/v1/dlp/sensor/{name}",
    tag = "dlp",
    params(("name" = String, Path, description = "Name of the sensor")),
    responses((status = OK)),
)]
pub(super) async fn dlp_sensor_delete(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(name): Path<String>,
) -> Result<()> {
    let actor = Actor::from(&caller);
    rules::sensor::delete::<Dlp>(&app.database, &actor, &name).await?;
    Ok(())
}
