//! `/v1/process_profile`: what federated groups may run.

mod get;
mod list;
mod update;

use utoipa_axum::routes;

use super::ApiRouter;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(list::process_profile_list))
        .routes(routes!(get::process_profile_get, update::process_profile_update))
}
