//! `GET /v1/system/summary`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::system::{SystemSummary, SystemSummaryData};
use palisade_identity::{Access, Permission};

use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::store::object;

/// Count what the cluster has
///
/// The primary itself has no nodes and no workloads: those counts are zero.
/// What the caller may not see is not counted.
#[utoipa::path(
    get,
    path = "/v1/system/summary",
    tag = "system",
    responses((status = OK, body = SystemSummaryData)),
)]
pub(super) async fn system_summary_get(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
) -> Result<Json<SystemSummaryData>> {
    let mut summary = SystemSummary { platform: String::new(), ..SystemSummary::default() };
    if caller.may(Permission::NvResource, Access::Read) {
        summary.controllers = 1;
        summary.scanners = 1;
        summary.component_versions = vec![env!("CARGO_PKG_VERSION").to_owned()];
    }
    if caller.may(Permission::RtPolicy, Access::Read) {
        let mut conn = app.database.acquire().await?;
        let rules = object::count(&mut conn, ObjectKind::NetworkRule).await?;
        summary.policy_rules = u32::try_from(rules).unwrap_or(u32::MAX);
    }
    Ok(Json(SystemSummaryData { summary }))
}
