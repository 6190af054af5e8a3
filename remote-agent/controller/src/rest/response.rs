//! `/v1/response`: federated response rules, read-only here.

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::response_rule::{
    ResponseRule, ResponseRuleData, ResponseRuleOptionData, ResponseRulesData,
};
use palisade_policy::response_rule::{ResponseRule as PolicyRule, options};
use palisade_policy::sensor::Inspection;

use super::error::{ApiError, Result};
use super::extract::{ListQuery, Scope};
use crate::Controller;
use crate::in_force::Sensors;

/// `GET /v1/response/rule`.
pub(super) async fn rules(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<ResponseRulesData>> {
    let federal = query.scope()?.federal();
    let rules = controller.in_force().federated(|federated| {
        let rules = federated.response_rules_in_order().into_iter().filter(|_| federal);
        rules.map(PolicyRule::to_rest).collect()
    });
    Ok(Json(ResponseRulesData { rules: query.list(rules)? }))
}

/// `GET /v1/response/rule/{id}`.
pub(super) async fn rule(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> Result<Json<ResponseRuleData>> {
    find(&controller, &id).map(|rule| Json(ResponseRuleData { rule }))
}

/// `GET /v1/response/options`.
pub(super) async fn rule_options(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<ResponseRuleOptionData>> {
    let federal = query.scope()? == Scope::Federal;
    Ok(Json(controller.in_force().federated(|federated| {
        let mut raised = threats(&federated.dlp);
        raised.extend(threats(&federated.waf));
        ResponseRuleOptionData {
            response_rule_options: options(&raised),
            webhooks: federated.webhooks.keys().filter(|_| federal).cloned().collect(),
        }
    })))
}

/// The names of the threats that sensors raise.
fn threats<I: Inspection>(sensors: &Sensors<I>) -> Vec<String> {
    let rules = sensors.sensors.values().flat_map(|sensor| &sensor.rules);
    let mut names: Vec<_> = rules.map(|rule| format!("{}{}", I::THREAT, rule.name)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn find(controller: &Controller, id: &str) -> Result<ResponseRule> {
    let id: u32 = id.parse().map_err(|_| ApiError::invalid(format!("{id:?} is no id.")))?;
    let name = id.to_string();
    let rule = controller
        .in_force()
        .federated(|federated| federated.response_rules.get(&name).map(PolicyRule::to_rest));
    rule.ok_or_else(|| ApiError::missing("response rule", &name))
}

/// `PATCH` and `DELETE /v1/response/rule/{id}`.
pub(super) async fn refuse_change(
    State(controller): State<Controller>,
    Path(id): Path<String>,
) -> Result<ApiError> {
    find(&controller, &id).map(|_| ApiError::federal())
}
