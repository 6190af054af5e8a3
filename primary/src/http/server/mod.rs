//! `/v1/server`: directories that users come from.

mod list;

use utoipa_axum::routes;

use super::ApiRouter;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new().routes(routes!(list::server_list))
}
