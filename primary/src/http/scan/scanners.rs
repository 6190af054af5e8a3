//! `GET /v1/scan/scanner`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::scan::{Scanner, ScannerData};
use uuid::Uuid;

use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::query::{Page, Query};
use crate::registry::worker::LATELY;
use crate::store;

/// List the scanners
///
/// Workers on other machines, and the replicas of the primary that scan
/// themselves. What they read is matched against the primary's database.
#[utoipa::path(
    get,
    path = "/v1/scan/scanner",
    tag = "scan",
    params(Page),
    responses((status = OK, body = ScannerData)),
)]
pub(super) async fn scanner_list(
    State(app): State<App>,
    query: Query,
) -> Result<Json<ScannerData>> {
    let vulndb = app.registries.vulndb.current().await.ok();
    let mut conn = app.database.acquire().await?;
    let scanners = store::scanner::list(&mut conn, LATELY).await?;
    let one = |scanner: store::scanner::Scanner| Scanner {
        id: scanner.id.simple().to_string(),
        cvedb_version: vulndb.as_ref().map(|db| db.version().to_owned()).unwrap_or_default(),
        cvedb_create_time: vulndb.as_ref().map(|db| db.create_time()).unwrap_or_default(),
        joined_timestamp: scanner.joined_at.timestamp(),
        server: scanner.server,
        port: 0,
        scanned_containers: 0,
        scanned_hosts: 0,
        scanned_images: scanner.scanned_images,
        scanned_serverless: 0,
    };
    Ok(Json(ScannerData { scanners: query.list(scanners.into_iter().map(one).collect())? }))
}

/// The scanner of this id.
pub(super) async fn scanner(
    conn: &mut sqlx::PgConnection,
    id: &str,
) -> Result<store::scanner::Scanner> {
    let all = store::scanner::list(conn, LATELY).await?;
    all.into_iter()
        .find(|scanner| Uuid::parse_str(id).is_ok_and(|id| scanner.id == id))
        .ok_or_else(|| ApiError::object_not_found("There is no scanner of this id."))
}
