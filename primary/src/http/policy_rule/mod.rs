//! `/v1/policy/rule`: federated network rules.

mod act;
mod delete;
mod delete_all;
mod get;
mod list;
mod promote;
mod update;

use super::ApiRouter;
use super::error::Result;
use super::query::{Query, Scope};
use crate::federation::rules::RuleError;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(
            list::policy_rule_list,
            act::policy_rule_act,
            delete_all::policy_rule_delete_all
        ))
        .routes(routes!(
            get::policy_rule_get,
            update::policy_rule_update,
            delete::policy_rule_delete
        ))
        .routes(routes!(promote::policy_rules_promote))
}

/// Lets writes of federated rules pass; without a scope a write means those of
/// the own cluster, unless it says otherwise itself.
fn federated(query: &Query, says_so: bool) -> Result<()> {
    match query.scope()? {
        Some(Scope::Fed) => Ok(()),
        None if says_so => Ok(()),
        Some(Scope::Local) | None => Err(RuleError::NotFederated("network rules").into()),
    }
}
