//! `/v1/file`: what goes out as a file and comes in as one.

mod admission_export;
mod admission_import;
pub(super) mod attachment;
mod configuration;
mod dlp_export;
mod dlp_import;
mod export;
mod fed_config_export;
mod group_export;
mod group_import;
mod import;
mod response_rule_export;
mod response_rule_import;
pub(super) mod upload;
mod vulnerability_profile;
mod waf_export;
mod waf_import;

use super::ApiRouter;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(group_export::file_group_export, group_export::file_group_export_get))
        .routes(routes!(group_import::file_group_import, group_import::file_group_import_get))
        .routes(routes!(admission_export::file_admission_export))
        .routes(routes!(admission_import::file_admission_import))
        .routes(routes!(response_rule_export::file_response_rule_export))
        .routes(routes!(response_rule_import::file_response_rule_import))
        .routes(routes!(dlp_export::file_dlp_export))
        .routes(routes!(dlp_import::file_dlp_import))
        .routes(routes!(waf_export::file_waf_export))
        .routes(routes!(waf_import::file_waf_import))
        .routes(routes!(fed_config_export::file_fed_config_export))
        .merge(configuration::router())
        .merge(vulnerability_profile::router())
}
