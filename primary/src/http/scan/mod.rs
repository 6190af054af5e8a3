//! `/v1/scan`: registries and what was found in them, who scans, what is known
//! of layers, and whose signatures count.

mod asset;
mod cache_data;
mod cache_stat;
mod image;
mod registry;
mod registry_v2;
mod repository;
mod result;
mod scanners;
mod sigstore;

use super::ApiRouter;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    registry::router()
        .merge(asset::router())
        .merge(image::router())
        .merge(registry_v2::router())
        .merge(repository::router())
        .merge(result::router())
        .merge(sigstore::router())
        .routes(routes!(scanners::scanner_list))
        .routes(routes!(cache_stat::scan_cache_stat))
        .routes(routes!(cache_data::scan_cache_data))
}
