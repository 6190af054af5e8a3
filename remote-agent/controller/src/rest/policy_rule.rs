//! `/v1/policy/rule`: federated network rules, read-only here.

use axum::Json;
use axum::extract::{Path, Query, State};
use palisade_api::Code;
use palisade_api::rest::policy_rule::{PolicyRuleData, PolicyRulesData};

use super::error::{ApiError, Result};
use super::extract::{ListQuery, Scope};
use crate::Controller;

/// `GET /v1/policy/rule`.
pub(super) async fn list(
    State(controller): State<Controller>,
    Query(query): Query<ListQuery>,
) -> Result<Json<PolicyRulesData>> {
    let rules =
        if query.scope()?.federal() { controller.in_force().network_rules() } else { Vec::new() };
    let rules =
        query.page(rules).iter().map(palisade_policy::network_rule::NetworkRule::to_rest).collect();
    Ok(Json(PolicyRulesData { rules }))
}

/// `GET /v1/policy/rule/{id}`.
pub(super) async fn get(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> Result<Json<PolicyRuleData>> {
    find(&controller, &id).map(|rule| Json(PolicyRuleData { rule }))
}

fn find(controller: &Controller, id: &str) -> Result<palisade_api::rest::policy_rule::PolicyRule> {
    let id: u32 = id.parse().map_err(|_| ApiError::invalid(format!("{id:?} is no id.")))?;
    controller
        .in_force()
        .network_rules()
        .iter()
        .find(|rule| rule.id == id)
        .map(palisade_policy::network_rule::NetworkRule::to_rest)
        .ok_or_else(|| ApiError::missing("network rule", &id.to_string()))
}

/// `PATCH` and `DELETE /v1/policy/rule/{id}`.
pub(super) async fn refuse_change(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> ApiError {
    match find(&controller, &id) {
        Ok(_) => ApiError::federal(),
        Err(error) => error,
    }
}

/// `PATCH` and `DELETE /v1/policy/rule`.
pub(super) async fn refuse_list(Query(query): Query<ListQuery>) -> ApiError {
    match query.scope() {
        Ok(Scope::Federal) => ApiError::federal(),
        Ok(_) => {
            ApiError::new(Code::OpNotAllowed, "Rules of a single cluster are not supported yet.")
        }
        Err(error) => error,
    }
}
