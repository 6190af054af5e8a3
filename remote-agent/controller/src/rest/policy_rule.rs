//! `/v1/policy/rule`: federated network rules, read-only here, and the cluster's own
//! behind them.

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::policy_rule::{
    ApplicationList, ApplicationListData, PolicyRule, PolicyRuleActionData, PolicyRuleConfigData,
    PolicyRuleData, PolicyRulesData,
};
use palisade_policy::edit;
use palisade_policy::network_rule::{NetworkRule, application};

use super::error::{ApiError, Result};
use super::extract::{JsonBody, ListQuery};
use super::owner::{own, own_network_rules, own_type};
use crate::Controller;

/// `GET /v1/policy/rule`.
pub(super) async fn list(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<PolicyRulesData>> {
    let scope = query.scope()?;
    let rules = controller.in_force().read(|objects| {
        let rules = scope.of(objects).flat_map(|set| set.network_rules_in_order());
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

/// `PATCH /v1/policy/rule`.
pub(super) async fn act(
    State(controller): State<Controller>,
    query: ListQuery,
    JsonBody(action): JsonBody<PolicyRuleActionData>,
) -> Result<()> {
    own_network_rules(&query, &action)?;
    let now = controller.clock().now().timestamp();
    let mut change = controller.edit().await;
    edit::network_rule::act(&mut change, action, now).await?;
    Ok(change.commit().await?)
}

/// `DELETE /v1/policy/rule`: those of this cluster.
pub(super) async fn delete_all(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<()> {
    own(&query)?;
    let mut change = controller.edit().await;
    edit::network_rule::delete_all(&mut change).await?;
    Ok(change.commit().await?)
}

/// `PATCH /v1/policy/rule/{id}`.
pub(super) async fn update(
    State(controller): State<Controller>,
    query: ListQuery,
    Path(id): Path<String>,
    JsonBody(PolicyRuleConfigData { config }): JsonBody<PolicyRuleConfigData>,
) -> Result<()> {
    let rule = find(&controller, &id)?;
    own_type(&query, &rule.cfg_type)?;
    own_type(&query, &config.cfg_type)?;
    let now = controller.clock().now().timestamp();
    let mut change = controller.edit().await;
    edit::network_rule::update(&mut change, rule.id, config, now).await?;
    Ok(change.commit().await?)
}

/// `DELETE /v1/policy/rule/{id}`.
pub(super) async fn delete(
    State(controller): State<Controller>,
    query: ListQuery,
    Path(id): Path<String>,
) -> Result<()> {
    let rule = find(&controller, &id)?;
    own_type(&query, &rule.cfg_type)?;
    let mut change = controller.edit().await;
    edit::network_rule::delete(&mut change, &[rule.id]).await?;
    Ok(change.commit().await?)
}

fn find(controller: &Controller, id: &str) -> Result<PolicyRule> {
    let id: u32 = id.parse().map_err(|_| ApiError::invalid(format!("{id:?} is no id.")))?;
    let name = id.to_string();
    let rule = controller
        .in_force()
        .read(|objects| objects.find(|set| set.network_rules.get(&name).map(NetworkRule::to_rest)));
    rule.ok_or_else(|| ApiError::missing("network rule", &name))
}
