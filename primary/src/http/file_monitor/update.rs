//! `PATCH /v1/file_monitor/{name}`

use axum::extract::{Path, State};
use palisade_api::rest::file_monitor::FileMonitorConfigData;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::store::Actor;

/// Change the file monitor of a federated group
///
/// Filters are deleted, added, then changed.
#[utoipa::path(
    patch,
    path = "/v1/file_monitor/{name}",
    tag = "file_monitor",
    params(("name" = String, Path, description = "Name of the group")),
    request_body = FileMonitorConfigData,
    responses((status = OK)),
)]
pub(super) async fn file_monitor_update(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(name): Path<String>,
    JsonBody(FileMonitorConfigData { config }): JsonBody<FileMonitorConfigData>,
) -> Result<()> {
    let actor = Actor::from(&caller);
    let now = app.clock.now().timestamp();
    rules::file_monitor::update(&app.database, &actor, &name, config, now).await?;
    Ok(())
}
