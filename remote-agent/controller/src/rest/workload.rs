//! `/v1/workload` and `/v2/workload`: the containers that run on the nodes that
//! scanners stand on.

use axum::Json;
use axum::extract::{Query, State};
use palisade_api::rest::workload::{WorkloadV2, WorkloadsData, WorkloadsDataV2};

use super::extract::ListQuery;
use crate::Controller;

/// `GET /v1/workload`.
pub(super) async fn list(
    State(controller): State<Controller>,
    Query(query): Query<ListQuery>,
) -> Json<WorkloadsData> {
    Json(WorkloadsData { workloads: query.page(controller.scans().workloads()) })
}

/// `GET /v2/workload`.
pub(super) async fn list_v2(
    State(controller): State<Controller>,
    Query(query): Query<ListQuery>,
) -> Json<WorkloadsDataV2> {
    let all = query.page(controller.scans().workloads());
    Json(WorkloadsDataV2 { workloads: all.into_iter().map(WorkloadV2::from).collect() })
}
