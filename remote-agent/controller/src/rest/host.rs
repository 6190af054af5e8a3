//! `/v1/host`: the nodes that scanners stand on.

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::host::{HostData, HostsData};

use super::error::{ApiError, Result};
use super::extract::ListQuery;
use crate::Controller;
use crate::reach::Reach;

/// List the nodes with a scanner
#[utoipa::path(
    get,
    path = "/v1/host",
    operation_id = "host_list",
    tag = "host",
    params(
        ("start" = Option<i64>, Query, description = "Place of the first; from the end when negative"),
        ("limit" = Option<u64>, Query, description = "How many at most; 0: all"),
    ),
    responses((status = OK, body = HostsData)),
)]
pub(super) async fn list(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<Json<HostsData>> {
    // A node is nobody's namespace's.
    let hosts = if reach.is_whole() { controller.scans().hosts() } else { Vec::new() };
    Ok(Json(HostsData { hosts: query.list(hosts)? }))
}

/// Show a node
#[utoipa::path(
    get,
    path = "/v1/host/{id}",
    operation_id = "host_get",
    tag = "host",
    params(("id" = String, Path, description = "Id of the node")),
    responses((status = OK, body = HostData)),
)]
pub(super) async fn get(
    State(controller): State<Controller>,
    reach: Reach,
    Path(id): Path<String>,
) -> Result<Json<HostData>> {
    let mut hosts = controller.scans().hosts().into_iter();
    let host = hosts.find(|host| host.id == id).ok_or_else(|| ApiError::missing("host", &id))?;
    if reach.is_whole() { Ok(Json(HostData { host })) } else { Err(ApiError::out_of_reach()) }
}
