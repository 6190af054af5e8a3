//! `GET /v1/scan/cache_data/{id}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::scan::{ScanCacheData, ScanCacheRecord};

use super::scanners::scanner;
use crate::App;
use crate::http::error::Result;
use crate::http::query::Query;
use crate::store;

/// Records that one answer has at most.
const MOST: i64 = 10_000;

/// List the layers that something is known of, those used last first
#[utoipa::path(
    get,
    path = "/v1/scan/cache_data/{id}",
    tag = "scan",
    params(
        ("id" = String, Path, description = "Id of a scanner"),
        ("start" = Option<i64>, Query, description = "Layers to leave out"),
        ("limit" = Option<i64>, Query, description = "Layers, 10,000 at most"),
    ),
    responses((status = OK, body = ScanCacheData)),
)]
pub(super) async fn scan_cache_data(
    State(app): State<App>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<ScanCacheData>> {
    let (start, limit) = query.page();
    let limit = if limit == 0 { MOST } else { limit.min(MOST) };
    let mut conn = app.database.acquire().await?;
    let scanner = scanner(&mut conn, &id).await?;
    let total = store::layer::total(&mut conn).await?;
    let start = if start < 0 { (total.count + start).max(0) } else { start };
    let layers = store::layer::list(&mut conn, start, limit).await?;
    let record = |layer: store::layer::KnownLayer| ScanCacheRecord {
        layer_id: layer.digest.to_string(),
        size: layer.size.into(),
        reference_count: layer.reference_count,
        last_referred: layer.used_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    };
    Ok(Json(ScanCacheData {
        cache_records: layers.into_iter().map(record).collect(),
        record_total_size: total.size,
        cache_misses: scanner.cache_misses,
        cache_hits: scanner.cache_hits,
    }))
}
