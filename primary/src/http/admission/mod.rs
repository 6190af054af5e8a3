//! `/v1/admission`: federated admission rules.

mod options;
mod promote;
mod rule_create;
mod rule_delete;
mod rule_delete_all;
mod rule_get;
mod rule_list;
mod rule_update;

use palisade_api::rest::admission::AdmissionRuleConfig;

use super::ApiRouter;
use super::error::Result;
use crate::federation::rules::RuleError;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(rule_create::admission_rule_create, rule_update::admission_rule_update))
        .routes(routes!(rule_get::admission_rule_get, rule_delete::admission_rule_delete))
        .routes(routes!(rule_list::admission_rule_list, rule_delete_all::admission_rule_delete_all))
        .routes(routes!(promote::admission_rule_promote))
        .routes(routes!(options::admission_options_get))
}

/// Lets federated rules pass: those that say so, or whose id says it.
fn federated(config: &AdmissionRuleConfig) -> Result<()> {
    let by_id = palisade_policy::admission::rule::FED_IDS.contains(config.id);
    if config.cfg_type == "federal" || (config.cfg_type.is_empty() && by_id) {
        return Ok(());
    }
    Err(RuleError::NotFederated("admission rules").into())
}
