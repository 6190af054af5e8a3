//! `PATCH /v1/group/{name}`

use axum::extract::{Path, State};
use palisade_api::rest::group::GroupConfigData;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::store::Actor;

/// Change a federated group
///
/// What is absent stays.
#[utoipa::path(
    patch,
    path = "/v1/group/{name}",
    tag = "group",
    params(("name" = String, Path, description = "Name of the group")),
    request_body = GroupConfigData,
    responses((status = OK)),
)]
pub(super) async fn group_update(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(name): Path<String>,
    JsonBody(GroupConfigData { config }): JsonBody<GroupConfigData>,
) -> Result<()> {
    let actor = Actor::from(&caller);
    rules::group::update(&app.database, &actor, &name, config).await?;
    Ok(())
}
