//! `/v1/scan/…`: what is scanned for the whole federation, and this cluster's
//! own scans.

mod cache;
mod config;
mod host;
mod platform;
pub(super) mod registry;
mod report_list;
mod scanner;
mod status;
mod workload;

use axum::routing::get;
use palisade_api::Code;
use utoipa_axum::routes;

use super::ApiRouter;
use super::error::ApiError;
use super::listed::Listed;
use crate::scan::ScanError;
use crate::scan::listing::ListingError;

/// The cluster's own scans.
pub(super) fn own() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(config::get, config::change))
        .routes(routes!(status::get))
        .routes(routes!(host::report, host::start))
        .routes(routes!(workload::report, workload::start))
        .routes(routes!(platform::list))
        .routes(routes!(platform::report, platform::start))
        .routes(routes!(report_list::hosts))
        .routes(routes!(report_list::workloads))
}

/// The scanner, as the primary tells of its own.
pub(super) fn shared() -> Listed {
    Listed::new()
        .route("/v1/scan/scanner", get(scanner::list))
        .route("/v1/scan/cache_stat/{id}", get(cache::stat))
        .route("/v1/scan/cache_data/{id}", get(cache::data))
}

impl From<ScanError> for ApiError {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::NoScanner => Self::new(Code::OpNotAllowed, error.to_string()),
            ScanError::Unknown { kind, id } => Self::missing(kind.as_str(), &id),
            ScanError::Failed(failure) => Self::new(Code::ServerError, failure.to_string()),
            ScanError::Store(error) => error.into(),
        }
    }
}

impl From<ListingError> for ApiError {
    fn from(error: ListingError) -> Self {
        Self::invalid(error.to_string())
    }
}
