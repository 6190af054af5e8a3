//! `/v1/scan/platform`: the version of Kubernetes, where it is known.

use axum::Json;
use axum::extract::State;
use palisade_api::rest::scan::{ScanPlatformSummary, ScanPlatformSummaryData, ScanReportData};

use crate::Controller;
use crate::rest::error::Result;
use crate::scan::asset::AssetKind;
use crate::scan::{KUBERNETES, PLATFORM};

/// List the platforms that are scanned
///
/// Kubernetes, where its version is known.
#[utoipa::path(
    get,
    path = "/v1/scan/platform",
    operation_id = "scan_platform_list",
    tag = "scan",
    responses((status = OK, body = ScanPlatformSummaryData)),
)]
pub(super) async fn list(State(controller): State<Controller>) -> Json<ScanPlatformSummaryData> {
    let scans = controller.scans();
    let known = scans.scans_here().zip(scans.platform());
    let platform = known.map(|(setup, brief)| ScanPlatformSummary {
        platform: KUBERNETES.to_owned(),
        kube_version: setup.kube_version.clone(),
        openshift_version: String::new(),
        brief,
    });
    Json(ScanPlatformSummaryData { platforms: platform.into_iter().collect() })
}

/// Show what was found in Kubernetes
#[utoipa::path(
    get,
    path = "/v1/scan/platform/platform",
    operation_id = "scan_platform_report",
    tag = "scan",
    responses((status = OK, body = ScanReportData)),
)]
pub(super) async fn report(State(controller): State<Controller>) -> Result<Json<ScanReportData>> {
    let report = controller.scans().report(AssetKind::Platform, PLATFORM).await?;
    Ok(Json(ScanReportData { report }))
}

/// Scan Kubernetes
#[utoipa::path(
    post,
    path = "/v1/scan/platform/platform",
    operation_id = "scan_platform_start",
    tag = "scan",
    responses((status = OK)),
)]
pub(super) async fn start(State(controller): State<Controller>) -> Result<()> {
    Ok(controller.scans().schedule(AssetKind::Platform, PLATFORM)?)
}
