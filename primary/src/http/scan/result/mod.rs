//! `/v1/scan/result`: results of scanners that run by themselves.

mod repository;

use utoipa_axum::routes;

use crate::http::ApiRouter;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new().routes(routes!(repository::scan_result_repository))
}
