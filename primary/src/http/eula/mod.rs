//! `/v1/eula`: the licence agreement that clients accept before anything else.

mod get;
mod update;

use super::ApiRouter;
use crate::http::endpoint::routes;

/// The setting that remembers the acceptance.
const SETTING: &str = "eula_accepted";

pub(super) fn router() -> ApiRouter {
    ApiRouter::new().routes(routes!(get::eula_get, update::eula_update))
}
