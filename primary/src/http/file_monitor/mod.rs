//! `/v1/file_monitor`: the files of federated groups that are watched.

mod get;
mod list;
mod update;

use super::ApiRouter;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(list::file_monitor_list))
        .routes(routes!(get::file_monitor_get, update::file_monitor_update))
}
