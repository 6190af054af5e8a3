//! `/v1/policy/rule`: federated network rules, read-only here, and the cluster's own
//! behind them.

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::policy_rule::{
    ApplicationList, ApplicationListData, PolicyRule, PolicyRuleActionData, PolicyRuleConfigData,
    PolicyRuleData, PolicyRulesData,
};
use palisade_policy::edit;
use palisade_policy::network_rule::{self, NetworkRule, application};

use super::error::{ApiError, Result};
use super::extract::{JsonBody, ListQuery};
use super::owner::{own, own_network_rules, own_type};
use crate::Controller;
use crate::reach::Reach;

/// `GET /v1/policy/rule`.
pub(super) async fn list(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<Json<PolicyRulesData>> {
    let scope = query.scope()?;
    let rules = controller.in_force().read(|objects| {
        let rules = scope.of(objects).flat_map(|set| set.network_rules_in_order());
        let shown = rules.filter(|rule| reach.shows_network_rule(objects, rule));
        shown.map(NetworkRule::to_rest).collect()
    });
    Ok(Json(PolicyRulesData { rules: query.list(rules)? }))
}

/// `GET /v1/policy/rule/{id}`.
pub(super) async fn get(
    State(controller): State<Controller>,
    reach: Reach,
    Path(id): Path<String>,
) -> Result<Json<PolicyRuleData>> {
    find(&controller, &reach, &id).map(|rule| Json(PolicyRuleData { rule }))
}

/// `GET /v1/list/application`.
pub(super) async fn applications() -> Json<ApplicationListData> {
    let application = application::KNOWN.iter().map(|(_, name)| (*name).to_owned()).collect();
    Json(ApplicationListData { list: ApplicationList { application } })
}

/// `PATCH /v1/policy/rule`.
pub(super) async fn act(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    JsonBody(mut action): JsonBody<PolicyRuleActionData>,
) -> Result<()> {
    own_network_rules(&query, &action)?;
    if let Some(moved) = &action.move_ {
        require_reach(&controller, &reach, moved.id)?;
    }
    behind_federated(&controller, &reach, &mut action)?;
    let now = controller.clock().now().timestamp();
    let mut change = controller.edit(reach).await;
    edit::network_rule::act(&mut change, action, now).await?;
    Ok(change.commit().await?)
}

/// `DELETE /v1/policy/rule`: those of this cluster.
pub(super) async fn delete_all(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<()> {
    own(&query)?;
    let mut change = controller.edit(reach).await;
    edit::network_rule::delete_all(&mut change).await?;
    Ok(change.commit().await?)
}

/// `PATCH /v1/policy/rule/{id}`.
pub(super) async fn update(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    Path(id): Path<String>,
    JsonBody(PolicyRuleConfigData { config }): JsonBody<PolicyRuleConfigData>,
) -> Result<()> {
    let rule = find(&controller, &reach, &id)?;
    own_type(&query, &rule.cfg_type)?;
    own_type(&query, &config.cfg_type)?;
    let now = controller.clock().now().timestamp();
    let mut change = controller.edit(reach).await;
    edit::network_rule::update(&mut change, rule.id, config, now).await?;
    Ok(change.commit().await?)
}

/// `DELETE /v1/policy/rule/{id}`.
pub(super) async fn delete(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    Path(id): Path<String>,
) -> Result<()> {
    let rule = find(&controller, &reach, &id)?;
    own_type(&query, &rule.cfg_type)?;
    let mut change = controller.edit(reach).await;
    edit::network_rule::delete(&mut change, &[rule.id]).await?;
    Ok(change.commit().await?)
}

/// A rule of this cluster that is wanted beside a federated one becomes the first of its
/// own: they all come behind the federated ones.
fn behind_federated(
    controller: &Controller,
    reach: &Reach,
    action: &mut PolicyRuleActionData,
) -> Result<()> {
    let moved = action.move_.as_mut().map(|moved| &mut moved.after);
    let inserted = action.insert.as_mut().map(|insert| &mut insert.after);
    for after in moved.into_iter().chain(inserted) {
        let id = after.and_then(|id| u32::try_from(id.unsigned_abs()).ok());
        if let Some(id) = id.filter(|id| network_rule::FED_IDS.contains(*id)) {
            find(controller, reach, &id.to_string())?;
            *after = Some(0);
        }
    }
    Ok(())
}

fn find(controller: &Controller, reach: &Reach, id: &str) -> Result<PolicyRule> {
    let id: u32 = id.parse().map_err(|_| ApiError::invalid(format!("{id:?} is no id.")))?;
    let name = id.to_string();
    controller.in_force().read(|objects| {
        let rule = objects.find(|set| set.network_rules.get(&name));
        let rule = rule.ok_or_else(|| ApiError::missing("network rule", &name))?;
        let shown = reach.shows_network_rule(objects, rule);
        if shown { Ok(rule.to_rest()) } else { Err(ApiError::out_of_reach()) }
    })
}

/// Fails where a rule is there that the call may not move: that changes no more of it
/// than what others change to make room.
fn require_reach(controller: &Controller, reach: &Reach, id: u32) -> Result<()> {
    let beyond = controller.in_force().read(|objects| {
        let rule = objects.own.network_rules.get(&id.to_string());
        rule.is_some_and(|rule| !reach.has_network_rule(objects, rule))
    });
    if beyond { Err(ApiError::out_of_reach()) } else { Ok(()) }
}
