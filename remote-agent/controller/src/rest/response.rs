//! `/v1/response`: federated response rules, read-only here, and the cluster's own.

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::response_rule::{
    ResponseRule, ResponseRuleActionData, ResponseRuleConfigData, ResponseRuleData,
    ResponseRuleOptionData, ResponseRulesData,
};
use palisade_policy::edit;
use palisade_policy::response_rule::{ResponseRule as PolicyRule, options};
use palisade_policy::sensor::Inspection;

use super::error::{ApiError, Result};
use super::extract::{JsonBody, ListQuery, Scope};
use super::owner::{own, own_response_rules, own_type};
use crate::Controller;
use crate::in_force::Sensors;
use crate::reach::Reach;

/// `GET /v1/response/rule`.
pub(super) async fn rules(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<Json<ResponseRulesData>> {
    let scope = query.scope()?;
    let rules = controller.in_force().read(|objects| {
        let rules = scope.of(objects).flat_map(|set| set.response_rules_in_order());
        let shown = rules.filter(|rule| reach.has_response_rule(objects, rule));
        shown.map(PolicyRule::to_rest).collect()
    });
    Ok(Json(ResponseRulesData { rules: query.list(rules)? }))
}

/// `GET /v1/response/rule/{id}`.
pub(super) async fn rule(
    State(controller): State<Controller>,
    reach: Reach,
    Path(id): Path<String>,
) -> Result<Json<ResponseRuleData>> {
    find(&controller, &reach, &id).map(|rule| Json(ResponseRuleData { rule }))
}

/// `GET /v1/response/options`.
pub(super) async fn rule_options(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<ResponseRuleOptionData>> {
    let federal = query.scope()? == Scope::Federal;
    Ok(Json(controller.in_force().read(|objects| {
        let mut raised = Vec::new();
        for set in Scope::Both.of(objects) {
            raised.extend(threats(&set.dlp));
            raised.extend(threats(&set.waf));
        }
        let callable = if federal { &objects.federated } else { &objects.own };
        ResponseRuleOptionData {
            response_rule_options: options(&raised),
            webhooks: callable.webhooks.keys().cloned().collect(),
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

/// `PATCH /v1/response/rule`.
pub(super) async fn act(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    JsonBody(ResponseRuleActionData { insert }): JsonBody<ResponseRuleActionData>,
) -> Result<()> {
    let insert = insert
        .filter(|insert| !insert.rules.is_empty())
        .ok_or_else(|| ApiError::invalid("A rule to insert is needed."))?;
    own_response_rules(&query, &insert)?;
    let mut change = controller.edit(reach).await;
    edit::response_rule::insert(&mut change, insert).await?;
    Ok(change.commit().await?)
}

/// `DELETE /v1/response/rule`: those of this cluster.
pub(super) async fn delete_all(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<()> {
    own(&query)?;
    let mut change = controller.edit(reach).await;
    edit::response_rule::delete_all(&mut change).await?;
    Ok(change.commit().await?)
}

/// `PATCH /v1/response/rule/{id}`.
pub(super) async fn update(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    Path(id): Path<String>,
    JsonBody(ResponseRuleConfigData { config }): JsonBody<ResponseRuleConfigData>,
) -> Result<()> {
    let rule = find(&controller, &reach, &id)?;
    own_type(&query, &rule.cfg_type)?;
    own_type(&query, &config.cfg_type)?;
    let mut change = controller.edit(reach).await;
    edit::response_rule::update(&mut change, rule.id, config).await?;
    Ok(change.commit().await?)
}

/// `DELETE /v1/response/rule/{id}`.
pub(super) async fn delete(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    Path(id): Path<String>,
) -> Result<()> {
    let rule = find(&controller, &reach, &id)?;
    own_type(&query, &rule.cfg_type)?;
    let mut change = controller.edit(reach).await;
    edit::response_rule::delete(&mut change, rule.id).await?;
    Ok(change.commit().await?)
}

fn find(controller: &Controller, reach: &Reach, id: &str) -> Result<ResponseRule> {
    let id: u32 = id.parse().map_err(|_| ApiError::invalid(format!("{id:?} is no id.")))?;
    let name = id.to_string();
    controller.in_force().read(|objects| {
        let rule = objects.find(|set| set.response_rules.get(&name));
        let rule = rule.ok_or_else(|| ApiError::missing("response rule", &name))?;
        let shown = reach.has_response_rule(objects, rule);
        if shown { Ok(rule.to_rest()) } else { Err(ApiError::out_of_reach()) }
    })
}
