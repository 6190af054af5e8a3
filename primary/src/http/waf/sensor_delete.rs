//! `DELETE /v1/waf/sensor/{name}`

use axum::extract::{Path, State};
use palisade_policy::sensor::Waf;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::FedAdmin;
use crate::store::Actor;

/// Delete a federated WAF sensor that is bound to no group
#[utoipa::path(
    delete,
    path = "/v1/waf/sensor/{name}",
    tag = "waf",
    params(("name" = String, Path, description = "Name of the sensor")),
    responses((status = OK)),
)]
pub(super) async fn waf_sensor_delete(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(name): Path<String>,
) -> Result<()> {
    let actor = Actor::from(&caller);
    rules::sensor::delete::<Waf>(&app.database, &actor, &name).await?;
    Ok(())
}
