//! `GET /v1/system/summary`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::system::{SystemSummary, SystemSummaryData};
use palisade_identity::{Access, Caller, Permission};

use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::home;
use crate::store::object;

/// How long the home cluster may take: every open page asks for this.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Count what the cluster has
///
/// Nodes and workloads are those of the home cluster; without one, or while it
/// is away, there are none. What the caller may not see is not counted.
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
    Ok(Json(SystemSummaryData { summary: counted(&app, &caller).await? }))
}

/// What there is, as far as the caller may see it.
pub(super) async fn counted(app: &App, caller: &Caller) -> Result<SystemSummary> {
    let mut summary = SystemSummary::default();
    if let Ok(vulndb) = app.registries.vulndb.current().await {
        vulndb.version().clone_into(&mut summary.cvedb_version);
        summary.cvedb_create_time = vulndb.create_time();
    }
    if let Some(home) = at_home(app, caller).await {
        if caller.may(Permission::Infra, Access::Read) {
            summary.hosts = home.hosts;
            summary.domains = home.domains;
            summary.platform = home.platform;
            summary.kube_version = home.kube_version;
            summary.openshift_version = home.openshift_version;
        }
        if caller.may(Permission::NvResource, Access::Read) {
            summary.enforcers = home.enforcers;
            summary.disconnected_enforcers = home.disconnected_enforcers;
        }
        if caller.may(Permission::Workload, Access::Read) {
            summary.workloads = home.workloads;
            summary.running_workloads = home.running_workloads;
            summary.running_pods = home.running_pods;
            summary.services = home.services;
        }
    }
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
    Ok(summary)
}

/// What the home cluster has; none where there is none, or it does not say so in
/// time.
async fn at_home(app: &App, caller: &Caller) -> Option<SystemSummary> {
    let read = home::read::<SystemSummaryData>(app, caller, "/v1/system/summary");
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(Ok(data)) => data.map(|data| data.summary),
        Ok(Err(error)) => {
            tracing::debug!(error = %error.message, "the home cluster does not say what it has");
            None
        }
        Err(_) => None,
    }
}
