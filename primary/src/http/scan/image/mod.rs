//! `/v1/scan/image`: images that were scanned, whatever registry they are of.

mod get;
mod list;

use crate::http::ApiRouter;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new().routes(routes!(list::scan_image_list)).routes(routes!(get::scan_image_get))
}
