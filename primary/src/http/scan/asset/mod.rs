//! `/v1/scan/asset`: what was scanned, page by page.

mod images_page;
mod images_query;
mod list;

use crate::http::ApiRouter;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(list::scan_asset_list))
        .routes(routes!(images_query::scan_asset_images_query, images_page::scan_asset_images_page))
}
