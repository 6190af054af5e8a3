//! `/v2/scan/registry`: the same registries, with their settings in groups.

mod create;
mod test;
mod update;

use crate::http::ApiRouter;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(create::scan_registry_create_v2))
        .routes(routes!(update::scan_registry_update_v2))
        .routes(routes!(test::scan_registry_test_v2))
}
