//! `/v1/list`: what there is to choose from.

mod application;
mod registry_type;

use super::ApiRouter;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(application::application_list))
        .routes(routes!(registry_type::registry_type_list))
}
