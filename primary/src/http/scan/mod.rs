//! `/v1/scan`: registries and what was found in them, who scans, and whose
//! signatures count.

mod registry;
mod scanners;
mod sigstore;

use utoipa_axum::routes;

use super::ApiRouter;

pub(super) fn router() -> ApiRouter {
    registry::router().merge(sigstore::router()).routes(routes!(scanners::scanner_list))
}
