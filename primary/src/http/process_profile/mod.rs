//! `/v1/process_profile`: what federated groups may run.

mod get;
mod list;
mod update;

use super::ApiRouter;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(list::process_profile_list))
        .routes(routes!(get::process_profile_get, update::process_profile_update))
}
