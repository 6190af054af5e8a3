//! `/v1/scan/hosts/scan_report` and `/v1/scan/workloads/scan_report`: the
//! findings of all, in pages.

use axum::Json;
use axum::extract::State;
use palisade_api::rest::host::Host;
use palisade_api::rest::scan::{AssetScanReportData, AssetsScanReportQuery};

use crate::Controller;
use crate::reach::Reach;
use crate::rest::error::Result;
use crate::rest::extract::JsonBody;
use crate::rest::workload;
use crate::scan::ScanError;
use crate::scan::asset::AssetKind;
use crate::scan::listing::{Listed, Listing};

/// List what was found on all nodes, in pages
#[utoipa::path(
    post,
    path = "/v1/scan/hosts/scan_report",
    operation_id = "scan_hosts_report",
    tag = "scan",
    request_body = AssetsScanReportQuery,
    responses((status = OK, body = AssetScanReportData)),
)]
pub(super) async fn hosts(
    State(controller): State<Controller>,
    JsonBody(query): JsonBody<AssetsScanReportQuery>,
) -> Result<Json<AssetScanReportData>> {
    let one = |host: Host| Listed {
        id: host.id,
        name: host.name.clone(),
        host_name: host.name,
        ..Listed::default()
    };
    let all = controller.scans().hosts().into_iter().map(one).collect();
    page(&controller, AssetKind::Host, all, query).await
}

/// List what was found in all containers, in pages
#[utoipa::path(
    post,
    path = "/v1/scan/workloads/scan_report",
    operation_id = "scan_workloads_report",
    tag = "scan",
    request_body = AssetsScanReportQuery,
    responses((status = OK, body = AssetScanReportData)),
)]
pub(super) async fn workloads(
    State(controller): State<Controller>,
    reach: Reach,
    JsonBody(query): JsonBody<AssetsScanReportQuery>,
) -> Result<Json<AssetScanReportData>> {
    let all = workload::seen(&controller, &reach).into_iter().map(Listed::from).collect();
    page(&controller, AssetKind::Workload, all, query).await
}

async fn page(
    controller: &Controller,
    kind: AssetKind,
    all: Vec<Listed>,
    query: AssetsScanReportQuery,
) -> Result<Json<AssetScanReportData>> {
    let mut listing = Listing::new(query)?;
    for one in listing.wanted(all) {
        if listing.is_full() {
            break;
        }
        match controller.scans().report(kind, &one.id).await {
            Ok(report) => listing.add(&one, report.vulnerabilities),
            // It ended meanwhile.
            Err(ScanError::Unknown { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Json(listing.finish()))
}
