//! `/v1/scan`: registries and what was found in them, and who scans.

mod registry;
mod scanners;

use utoipa_axum::routes;

use super::ApiRouter;

pub(super) fn router() -> ApiRouter {
    registry::router().routes(routes!(scanners::scanner_list))
}
