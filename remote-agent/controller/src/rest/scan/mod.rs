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

use axum::Router;
use axum::routing::{get, post};
use palisade_api::Code;

use super::error::ApiError;
use crate::Controller;
use crate::scan::ScanError;
use crate::scan::listing::ListingError;

/// The cluster's own scans.
pub(super) fn own() -> Router<Controller> {
    Router::new()
        .route("/v1/scan/config", get(config::get).patch(config::change))
        .route("/v1/scan/status", get(status::get))
        .route("/v1/scan/scanner", get(scanner::list))
        .route("/v1/scan/cache_stat/{id}", get(cache::stat))
        .route("/v1/scan/cache_data/{id}", get(cache::data))
        .route("/v1/scan/host/{id}", get(host::report).post(host::start))
        .route("/v1/scan/workload/{id}", get(workload::report).post(workload::start))
        .route("/v1/scan/platform", get(platform::list))
        .route("/v1/scan/platform/platform", get(platform::report).post(platform::start))
        .route("/v1/scan/hosts/scan_report", post(report_list::hosts))
        .route("/v1/scan/workloads/scan_report", post(report_list::workloads))
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
