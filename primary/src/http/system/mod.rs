//! `/v1/system`: summary and configuration.

mod config;
mod summary;

use utoipa_axum::routes;

use super::ApiRouter;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(summary::system_summary_get))
        .routes(routes!(config::system_config_get))
}
