//! `/v1/list`: what there is to choose from.

mod registry_type;

use utoipa_axum::routes;

use super::ApiRouter;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new().routes(routes!(registry_type::registry_type_list))
}
