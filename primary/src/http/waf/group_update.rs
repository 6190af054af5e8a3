//! `PATCH /v1/waf/group/{name}`

use axum::extract::{Path, State};
use palisade_api::rest::sensor::SensorGroupConfigData;
use palisade_policy::sensor::Waf;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::store::Actor;

/// Change which WAF sensors are bound to a federated group
///
/// `replace` replaces all; without it, `delete` and `sensors` are done.
#[utoipa::path(
    patch,
    path = "/v1/waf/group/{name}",
    tag = "waf",
    params(("name" = String, Path, description = "Name of the group")),
    request_body = SensorGroupConfigData,
    responses((status = OK)),
)]
pub(super) async fn waf_group_update(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(name): Path<String>,
    JsonBody(SensorGroupConfigData { config }): JsonBody<SensorGroupConfigData>,
) -> Result<()> {
    let actor = Actor::from(&caller);
    rules::sensor::group::update::<Waf>(&app.database, &actor, &name, config).await?;
    Ok(())
}
