//! `/v1/scan/cache_stat/{id}` and `/v1/scan/cache_data/{id}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::scan::{ScanCacheData, ScanCacheStat};

use super::scanner;
use crate::Controller;
use crate::rest::error::{ApiError, Result};

/// `GET /v1/scan/cache_stat/{id}`: what the scanner keeps of layers.
pub(super) async fn stat(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> Result<Json<ScanCacheStat>> {
    let data = of(&controller, &id)?;
    Ok(Json(ScanCacheStat {
        record_count: data.cache_records.len() as i64,
        record_total_size: data.record_total_size,
        cache_misses: data.cache_misses,
        cache_hits: data.cache_hits,
    }))
}

/// `GET /v1/scan/cache_data/{id}`: the same, layer by layer.
pub(super) async fn data(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> Result<Json<ScanCacheData>> {
    Ok(Json(of(&controller, &id)?))
}

fn of(controller: &Controller, id: &str) -> Result<ScanCacheData> {
    let own = scanner::own(controller).filter(|own| own.id == id);
    let setup = own.and(controller.scans().scans_here());
    Ok(setup.ok_or_else(|| ApiError::missing("scanner", id))?.scanner.cache())
}
