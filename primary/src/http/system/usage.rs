//! `GET /v1/system/usage`

use axum::Json;
use axum::extract::State;
use chrono::SecondsFormat;
use palisade_api::ObjectKind;
use palisade_api::rest::host::HostsData;
use palisade_api::rest::usage::{SystemUsageReport, SystemUsageReportData, TelemetryStatus};

use super::summary::{PATIENCE, counted};
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::home;
use crate::registry::worker::LATELY;
use crate::store::{self, object};

/// Show how much there is of everything
///
/// One report, of now: nodes are those of the home cluster, rules and groups those of the
/// federation. It is told to nobody else.
#[utoipa::path(
    get,
    path = "/v1/system/usage",
    tag = "system",
    responses((status = OK, body = SystemUsageReportData)),
)]
pub(super) async fn system_usage_get(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
) -> Result<Json<SystemUsageReportData>> {
    let summary = counted(&app, &caller).await?;
    let hosts = home::read::<HostsData>(&app, &caller, "/v1/host");
    // Without it nothing is known of nodes, as in the summary.
    let hosts = match tokio::time::timeout(PATIENCE, hosts).await {
        Ok(Ok(hosts)) => hosts,
        Ok(Err(_)) | Err(_) => None,
    };
    let cores: i64 = hosts.into_iter().flat_map(|data| data.hosts).map(|host| host.cpus).sum();
    let now = app.clock.now();
    let mut conn = app.database.acquire().await?;
    let mut counts = [
        ObjectKind::Registry,
        ObjectKind::Group,
        ObjectKind::NetworkRule,
        ObjectKind::AdmissionRule,
        ObjectKind::ResponseRule,
    ]
    .map(|kind| (kind, 0));
    for (kind, count) in &mut counts {
        *count = whole(object::count(&mut conn, *kind).await?);
    }
    let [registries, groups, network, admission, response] = counts.map(|(_, count)| count);
    let scanners = store::scanner::list(&mut conn, LATELY).await?.len();
    let report = SystemUsageReport {
        reported_timestamp: now.timestamp(),
        reported_at: now.to_rfc3339_opts(SecondsFormat::Secs, true),
        platform: summary.platform,
        hosts: summary.hosts,
        cores: whole(cores),
        controllers: summary.controllers,
        enforcers: summary.enforcers,
        scanners: u32::try_from(scanners).unwrap_or(u32::MAX),
        cvedb_version: summary.cvedb_version,
        registries,
        domains: summary.domains,
        running_pods: summary.running_pods,
        groups,
        policy_rules: network,
        adm_ctrl_rules: admission,
        response_rules: response,
        clusters: whole(store::member::count_remotes(&mut conn).await?),
        installation_id: store::federation::cluster_id(&app.database, &mut conn).await?.to_string(),
        ..SystemUsageReport::default()
    };
    Ok(Json(SystemUsageReportData {
        usage: vec![report],
        telemetry_status: TelemetryStatus::default(),
    }))
}

fn whole(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}
