//! `/v1/policy/rule`: federated network rules, read-only here.

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::policy_rule::{
    ApplicationList, ApplicationListData, PolicyRule, PolicyRuleData, PolicyRulesData,
};
use palisade_policy::network_rule::{NetworkRule, application};

use super::error::{ApiError, Result};
use super::extract::ListQuery;
use crate::Controller;

/// `GET /v1/policy/rule`.
pub(super) async fn list(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<PolicyRulesData>> {
    let federal = query.scope()?.federal();
    let rules = controller.in_force().federated(|federated| {
        let rules = federated.network_rules_in_order().into_iter().filter(|_| federal);
        rules.map(NetworkRule::to_rest).collect()
    });
    Ok(Json(PolicyRulesData { rules: query.list(rules)? }))
}

/// `GET /v1/policy/rule/{id}`.
pub(super) async fn get(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> Result<Json<PolicyRuleData>> {
    find(&controller, &id).map(|rule| Json(PolicyRuleData { rule }))
}

/// `GET /v1/list/application`.
pub(super) async fn applications() -> Json<ApplicationListData> {
    let application = application::KNOWN.iter().map(|(_, name)| (*name).to_owned()).collect();
    Json(ApplicationListData { list: ApplicationList { application } })
}

fn find(controller: &Controller, id: &str) -> Result<PolicyRule> {
    let id: u32 = id.parse().map_err(|_| ApiError::invalid(format!("{id:?} is no id.")))?;
    let name = id.to_string();
    let rule = controller
        .in_force()
        .federated(|federated| federated.network_rules.get(&name).map(NetworkRule::to_rest));
    rule.ok_or_else(|| ApiError::missing("network rule", &name))
}

/// `PATCH` and `DELETE /v1/policy/rule/{id}`.
pub(super) async fn refuse_change(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> Result<ApiError> {
    find(&controller, &id).map(|_| ApiError::federal())
}
