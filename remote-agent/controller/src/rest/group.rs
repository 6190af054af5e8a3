//! `/v1/group`: federated groups, read-only here, and the cluster's own.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use palisade_api::rest::group::{
    Group, GroupBrief, GroupConfigData, GroupData, GroupDetail, GroupsBriefData, GroupsData,
};
use palisade_policy::edit;
use palisade_policy::group::Group as PolicyGroup;
use palisade_policy::network_rule::NetworkRule;
use palisade_policy::response_rule::ResponseRule;

use super::error::{ApiError, Result};
use super::extract::{JsonBody, ListQuery};
use super::owner::own_name;
use crate::Controller;
use crate::in_force::{ObjectSet, Owned};
use crate::reach::Reach;

/// `GET /v1/group`.
pub(super) async fn list(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<Response> {
    let scope = query.scope()?;
    controller.in_force().read(|objects| {
        let sets = scope.of(objects);
        let with_cap = query.flag("with_cap");
        let seen = |group: &&PolicyGroup| reach.shows_group(group);
        if query.flag("brief") {
            let groups = sets.flat_map(|set| set.groups.values()).filter(seen);
            let groups: Vec<GroupBrief> =
                groups.map(|group| group.brief().with_cap(with_cap)).collect();
            return Ok(Json(GroupsBriefData { groups: query.list(groups)? }).into_response());
        }
        let shown = |set: &ObjectSet, group: &PolicyGroup| Group {
            brief: group.brief().with_cap(with_cap),
            criteria: group.criteria_entries(),
            policy_rules: network(objects, &reach, set, &group.name).map(|rule| rule.id).collect(),
            response_rules: response(objects, &reach, set, &group.name)
                .map(|rule| rule.id)
                .collect(),
            ..Group::default()
        };
        let mut groups = Vec::new();
        for set in sets {
            groups.extend(set.groups.values().filter(seen).map(|group| shown(set, group)));
        }
        Ok(Json(GroupsData { groups: query.list(groups)? }).into_response())
    })
}

/// `GET /v1/group/{name}`.
pub(super) async fn get(
    State(controller): State<Controller>,
    reach: Reach,
    Path(name): Path<String>,
    query: ListQuery,
) -> Result<Json<GroupData>> {
    controller.in_force().read(|objects| {
        let (set, group) = require(objects, &reach, &name)?;
        Ok(Json(GroupData {
            group: GroupDetail {
                brief: group.brief().with_cap(query.flag("with_cap")),
                criteria: group.criteria_entries(),
                policy_rules: network(objects, &reach, set, &name)
                    .map(NetworkRule::to_rest)
                    .collect(),
                response_rules: response(objects, &reach, set, &name)
                    .map(ResponseRule::to_rest)
                    .collect(),
                ..GroupDetail::default()
            },
        }))
    })
}

/// A group, which must exist and be shown, and the objects of its owner.
pub(super) fn require<'a>(
    objects: &'a Owned,
    reach: &Reach,
    name: &str,
) -> Result<(&'a ObjectSet, &'a PolicyGroup)> {
    let found = objects.find(|set| set.groups.get(name).map(|group| (set, group)));
    let (set, group) = found.ok_or_else(|| ApiError::missing("group", name))?;
    if reach.shows_group(group) { Ok((set, group)) } else { Err(ApiError::out_of_reach()) }
}

/// Fails where a group is there that the call may not change.
pub(super) fn require_reach(controller: &Controller, reach: &Reach, name: &str) -> Result<()> {
    let beyond = controller.in_force().read(|objects| {
        let group = objects.find(|set| set.groups.get(name));
        group.is_some_and(|group| !reach.has_group(group))
    });
    if beyond { Err(ApiError::out_of_reach()) } else { Ok(()) }
}

/// The rules that name a group, as far as they are shown: one of addresses has those of
/// others.
fn network<'a>(
    objects: &'a Owned,
    reach: &'a Reach,
    set: &'a ObjectSet,
    group: &'a str,
) -> impl Iterator<Item = &'a NetworkRule> {
    let rules = set.network_rules_in_order().into_iter();
    rules.filter(move |rule| rule.names(group) && reach.shows_network_rule(objects, rule))
}

fn response<'a>(
    objects: &'a Owned,
    reach: &'a Reach,
    set: &'a ObjectSet,
    group: &'a str,
) -> impl Iterator<Item = &'a ResponseRule> {
    let rules = set.response_rules_in_order().into_iter();
    rules.filter(move |rule| rule.group == group && reach.has_response_rule(objects, rule))
}

/// `POST /v1/group`.
pub(super) async fn create(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    JsonBody(GroupConfigData { config }): JsonBody<GroupConfigData>,
) -> Result<()> {
    own_name(&query, &config.name, &config.cfg_type)?;
    let mut change = controller.edit(reach).await;
    edit::group::create(&mut change, config).await?;
    Ok(change.commit().await?)
}

/// `PATCH /v1/group/{name}`.
pub(super) async fn update(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    Path(name): Path<String>,
    JsonBody(GroupConfigData { config }): JsonBody<GroupConfigData>,
) -> Result<()> {
    own_name(&query, &name, "")?;
    require_reach(&controller, &reach, &name)?;
    let mut change = controller.edit(reach).await;
    edit::group::update(&mut change, &name, config).await?;
    Ok(change.commit().await?)
}

/// `DELETE /v1/group/{name}`.
pub(super) async fn delete(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    Path(name): Path<String>,
) -> Result<()> {
    own_name(&query, &name, "")?;
    require_reach(&controller, &reach, &name)?;
    let mut change = controller.edit(reach).await;
    edit::group::delete(&mut change, &name).await?;
    Ok(change.commit().await?)
}
