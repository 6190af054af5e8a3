//! `GET /v1/scan/scanner`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::scan::{Scanner, ScannerData};

use crate::Controller;
use crate::rest::error::Result;
use crate::rest::extract::ListQuery;

/// This agent, where it scans.
pub(super) async fn list(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<ScannerData>> {
    Ok(Json(ScannerData { scanners: query.list(own(&controller).into_iter().collect())? }))
}

/// The id of a scanner is that of its node: there is one on each.
pub(super) fn own(controller: &Controller) -> Option<Scanner> {
    let scans = controller.scans();
    scans.scans_here()?;
    let host = scans.hosts().into_iter().next()?;
    let database = scans.database().unwrap_or_default();
    let (scanned_hosts, scanned_containers) = scans.scanned();
    Some(Scanner {
        id: host.id,
        cvedb_version: database.version,
        cvedb_create_time: database.create_time,
        joined_timestamp: controller.started_at().timestamp(),
        server: host.name,
        scanned_containers,
        scanned_hosts,
        ..Scanner::default()
    })
}
