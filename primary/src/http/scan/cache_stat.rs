//! `GET /v1/scan/cache_stat/{id}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::scan::ScanCacheStat;

use super::scanners::scanner;
use crate::App;
use crate::http::error::Result;
use crate::store;

/// Show how much is known of layers, and what a scanner found of them
///
/// All scanners of the primary itself share what is known; hits and misses are
/// those of the scanner.
#[utoipa::path(
    get,
    path = "/v1/scan/cache_stat/{id}",
    tag = "scan",
    params(("id" = String, Path, description = "Id of a scanner")),
    responses((status = OK, body = ScanCacheStat)),
)]
pub(super) async fn scan_cache_stat(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<ScanCacheStat>> {
    let mut conn = app.database.acquire().await?;
    let scanner = scanner(&mut conn, &id).await?;
    let total = store::layer::total(&mut conn).await?;
    Ok(Json(ScanCacheStat {
        record_count: total.count,
        record_total_size: total.size,
        cache_misses: scanner.cache_misses,
        cache_hits: scanner.cache_hits,
    }))
}
