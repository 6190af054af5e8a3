//! `/v1/response`: federated response rules.

mod options;
mod rule_act;
mod rule_delete;
mod rule_delete_all;
mod rule_get;
mod rule_list;
mod rule_update;

use super::ApiRouter;
use super::error::Result;
use super::query::{Query, Scope};
use crate::federation::rules::RuleError;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(
            rule_list::response_rule_list,
            rule_act::response_rule_act,
            rule_delete_all::response_rule_delete_all
        ))
        .routes(routes!(
            rule_get::response_rule_get,
            rule_update::response_rule_update,
            rule_delete::response_rule_delete
        ))
        .routes(routes!(options::response_options_get))
}

/// Lets writes of federated rules pass; without a scope a write means those of
/// the own cluster, unless it says otherwise itself.
fn federated(query: &Query, says_so: bool) -> Result<()> {
    match query.scope()? {
        Some(Scope::Fed) => Ok(()),
        None if says_so => Ok(()),
        Some(Scope::Local) | None => Err(RuleError::NotFederated("response rules").into()),
    }
}
