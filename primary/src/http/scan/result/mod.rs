//! `/v1/scan/result`: results of scanners that run by themselves.

mod repository;

use crate::http::ApiRouter;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new().routes(routes!(repository::scan_result_repository))
}
