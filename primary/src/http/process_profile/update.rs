//! `PATCH /v1/process_profile/{name}`

use axum::extract::{Path, State};
use palisade_api::rest::process_profile::ProcessProfileConfigData;
use palisade_policy::process_profile::Stamp;
use uuid::Uuid;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::store::Actor;

/// Change the process profile of a federated group
///
/// Rules are deleted, then written over those of the same name and path or
/// added.
#[utoipa::path(
    patch,
    path = "/v1/process_profile/{name}",
    tag = "process_profile",
    params(("name" = String, Path, description = "Name of the group")),
    request_body = ProcessProfileConfigData,
    responses((status = OK)),
)]
pub(super) async fn process_profile_update(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(name): Path<String>,
    JsonBody(body): JsonBody<ProcessProfileConfigData>,
) -> Result<()> {
    let actor = Actor::from(&caller);
    let stamp = Stamp { now: app.clock.now().timestamp(), uuid: Uuid::new_v4 };
    let config = body.process_profile_config;
    rules::process_profile::update(&app.database, &actor, &name, config, stamp).await?;
    Ok(())
}
