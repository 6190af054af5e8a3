//! `/v1/controller`: this process, which is the only one of its cluster.

use axum::Json;
use axum::extract::{Path, State};
use chrono::SecondsFormat;
use palisade_api::Digest;
use palisade_api::rest::controller::{
    Controller as Shown, ControllerData, ControllerStatsData, ControllersData,
};

use super::error::{ApiError, Result};
use super::extract::ListQuery;
use crate::Controller;

/// Where Kubernetes tells a pod its namespace.
const NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
/// Where the kernel tells how much memory a container may use.
const MEMORY_LIMIT: &str = "/sys/fs/cgroup/memory.max";

/// List controllers
///
/// There is one.
#[utoipa::path(
    get,
    path = "/v1/controller",
    operation_id = "controller_list",
    tag = "system",
    params(
        ("start" = Option<i64>, Query, description = "Place of the first; from the end when negative"),
        ("limit" = Option<u64>, Query, description = "How many at most; 0: all"),
    ),
    responses((status = OK, body = ControllersData)),
)]
pub(super) async fn list(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<ControllersData>> {
    Ok(Json(ControllersData { controllers: query.list(vec![shown(&controller)])? }))
}

/// Show a controller
#[utoipa::path(
    get,
    path = "/v1/controller/{id}",
    operation_id = "controller_get",
    tag = "system",
    params(("id" = String, Path, description = "Id of the controller")),
    responses((status = OK, body = ControllerData)),
)]
pub(super) async fn get(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> Result<Json<ControllerData>> {
    Ok(Json(ControllerData { controller: find(&controller, &id)? }))
}

/// Show what a controller uses of its machine
///
/// Processors and memory, measured every 5 seconds. Packets are not its affair.
#[utoipa::path(
    get,
    path = "/v1/controller/{id}/stats",
    operation_id = "controller_stats",
    tag = "system",
    params(("id" = String, Path, description = "Id of the controller")),
    responses((status = OK, body = ControllerStatsData)),
)]
pub(super) async fn stats(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> Result<Json<ControllerStatsData>> {
    let Shown { id, .. } = find(&controller, &id)?;
    let read_at = controller.clock().now().to_rfc3339_opts(SecondsFormat::Secs, true);
    Ok(Json(ControllerStatsData { id, read_at, stats: controller.usage().stats() }))
}

fn find(controller: &Controller, id: &str) -> Result<Shown> {
    let shown = shown(controller);
    if shown.id == id { Ok(shown) } else { Err(ApiError::missing("controller", id)) }
}

fn shown(controller: &Controller) -> Shown {
    let name = controller.host_name().to_owned();
    let node = controller.scans().hosts().into_iter().next();
    let (host_id, host_name) = node.map(|node| (node.id, node.name)).unwrap_or_default();
    let since = controller.started_at().to_rfc3339_opts(SecondsFormat::Secs, true);
    Shown {
        id: Digest::of(format!("controller\0{name}").as_bytes()).to_string(),
        display_name: name.clone(),
        host_name: if host_name.is_empty() { name.clone() } else { host_name },
        name,
        host_id,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        domain: told(NAMESPACE),
        created_at: since.clone(),
        started_at: since.clone(),
        joined_at: since,
        // Where there is no limit it is a word.
        memory_limit: told(MEMORY_LIMIT).parse().unwrap_or_default(),
        leader: true,
        connection_state: "connected".to_owned(),
        ..Shown::default()
    }
}

/// What a file of the machine tells; empty where there is none.
fn told(file: &str) -> String {
    std::fs::read_to_string(file).map(|text| text.trim().to_owned()).unwrap_or_default()
}
