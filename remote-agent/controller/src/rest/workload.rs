//! `/v1/workload` and `/v2/workload`: the containers that run on the nodes that
//! scanners stand on.

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::workload::{
    Workload, WorkloadDetail, WorkloadDetailData, WorkloadDetailDataV2, WorkloadDetailMiscV2,
    WorkloadDetailV2, WorkloadIds, WorkloadV2, WorkloadsData, WorkloadsDataV2,
};

use super::error::{ApiError, Result};
use super::extract::{JsonBody, ListQuery};
use crate::Controller;
use crate::reach::Reach;

/// List the containers that run on nodes with a scanner
#[utoipa::path(
    get,
    path = "/v1/workload",
    operation_id = "workload_list",
    tag = "workload",
    params(
        ("start" = Option<i64>, Query, description = "Place of the first; from the end when negative"),
        ("limit" = Option<u64>, Query, description = "How many at most; 0: all"),
    ),
    responses((status = OK, body = WorkloadsData)),
)]
pub(super) async fn list(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<Json<WorkloadsData>> {
    Ok(Json(WorkloadsData { workloads: query.list(seen(&controller, &reach))? }))
}

/// List containers, grouped
#[utoipa::path(
    get,
    path = "/v2/workload",
    operation_id = "workload_list_v2",
    tag = "workload",
    params(
        ("start" = Option<i64>, Query, description = "Place of the first; from the end when negative"),
        ("limit" = Option<u64>, Query, description = "How many at most; 0: all"),
    ),
    responses((status = OK, body = WorkloadsDataV2)),
)]
pub(super) async fn list_v2(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<Json<WorkloadsDataV2>> {
    // Filtered by the fields of the flat form.
    let all = query.list(seen(&controller, &reach))?;
    Ok(Json(WorkloadsDataV2 { workloads: all.into_iter().map(WorkloadV2::from).collect() }))
}

/// List containers by id, grouped
///
/// Ids of none are passed over.
#[utoipa::path(
    post,
    path = "/v2/workload",
    operation_id = "workload_list_named",
    tag = "workload",
    request_body = WorkloadIds,
    responses((status = OK, body = WorkloadsDataV2)),
)]
pub(super) async fn list_named(
    State(controller): State<Controller>,
    reach: Reach,
    JsonBody(WorkloadIds { ids }): JsonBody<WorkloadIds>,
) -> Json<WorkloadsDataV2> {
    let all = seen(&controller, &reach).into_iter();
    let named = all.filter(|workload| ids.contains(&workload.id));
    Json(WorkloadsDataV2 { workloads: named.map(WorkloadV2::from).collect() })
}

/// Show a container
#[utoipa::path(
    get,
    path = "/v1/workload/{id}",
    operation_id = "workload_get",
    tag = "workload",
    params(("id" = String, Path, description = "Id of the container")),
    responses((status = OK, body = WorkloadDetailData)),
)]
pub(super) async fn get(
    State(controller): State<Controller>,
    reach: Reach,
    Path(id): Path<String>,
) -> Result<Json<WorkloadDetailData>> {
    let workload = find(&controller, &reach, &id)?;
    Ok(Json(WorkloadDetailData {
        workload: WorkloadDetail { workload, ..WorkloadDetail::default() },
    }))
}

/// Show a container, grouped
#[utoipa::path(
    get,
    path = "/v2/workload/{id}",
    operation_id = "workload_get_v2",
    tag = "workload",
    params(("id" = String, Path, description = "Id of the container")),
    responses((status = OK, body = WorkloadDetailDataV2)),
)]
pub(super) async fn get_v2(
    State(controller): State<Controller>,
    reach: Reach,
    Path(id): Path<String>,
) -> Result<Json<WorkloadDetailDataV2>> {
    let workload = WorkloadV2::from(find(&controller, &reach, &id)?);
    let misc = WorkloadDetailMiscV2::default();
    Ok(Json(WorkloadDetailDataV2 { workload: WorkloadDetailV2 { workload, misc } }))
}

/// The containers that a call reaches.
pub(super) fn seen(controller: &Controller, reach: &Reach) -> Vec<Workload> {
    let mut all = controller.scans().workloads();
    all.retain(|workload| reach.has(&workload.domain));
    all
}

/// A container, which must run where the call reaches.
pub(super) fn find(controller: &Controller, reach: &Reach, id: &str) -> Result<Workload> {
    let mut all = controller.scans().workloads().into_iter();
    let workload = all.find(|workload| workload.id == id);
    let workload = workload.ok_or_else(|| ApiError::missing("workload", id))?;
    if reach.has(&workload.domain) { Ok(workload) } else { Err(ApiError::out_of_reach()) }
}
