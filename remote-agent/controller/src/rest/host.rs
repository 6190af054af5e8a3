//! `/v1/host`: the nodes that scanners stand on.

use axum::Json;
use axum::extract::{Path, Query, State};
use palisade_api::rest::host::{HostData, HostsData};

use super::error::{ApiError, Result};
use super::extract::ListQuery;
use crate::Controller;

/// `GET /v1/host`.
pub(super) async fn list(
    State(controller): State<Controller>,
    Query(query): Query<ListQuery>,
) -> Json<HostsData> {
    Json(HostsData { hosts: query.page(controller.scans().hosts()) })
}

/// `GET /v1/host/{id}`.
pub(super) async fn get(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> Result<Json<HostData>> {
    let mut hosts = controller.scans().hosts().into_iter();
    let host = hosts.find(|host| host.id == id).ok_or_else(|| ApiError::missing("host", &id))?;
    Ok(Json(HostData { host }))
}
