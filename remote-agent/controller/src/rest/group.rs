//! `/v1/group`: federated groups, read-only here.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use palisade_api::rest::group::{
    Group, GroupBrief, GroupConfigData, GroupData, GroupDetail, GroupsBriefData, GroupsData,
};
use palisade_policy::group::Group as PolicyGroup;
use palisade_policy::network_rule::NetworkRule;
use palisade_policy::response_rule::ResponseRule;
use serde::Deserialize;

use super::error::{ApiError, Result};
use super::extract::{JsonBody, ListQuery};
use super::refuse;
use crate::Controller;
use crate::in_force::Federated;

#[derive(Deserialize)]
pub(super) struct Brief {
    #[serde(default)]
    brief: String,
}

/// `GET /v1/group`.
pub(super) async fn list(
    State(controller): State<Controller>,
    query: ListQuery,
    Query(brief): Query<Brief>,
) -> Result<Response> {
    let federal = query.scope()?.federal();
    controller.in_force().federated(|federated| {
        let groups = federated.groups.values().filter(|_| federal);
        if matches!(brief.brief.as_str(), "1" | "t" | "true" | "True") {
            let groups: Vec<GroupBrief> = groups.map(PolicyGroup::brief).collect();
            return Ok(Json(GroupsBriefData { groups: query.list(groups)? }).into_response());
        }
        let groups = groups
            .map(|group| Group {
                brief: group.brief(),
                criteria: group.criteria_entries(),
                policy_rules: network(federated, &group.name).map(|rule| rule.id).collect(),
                response_rules: response(federated, &group.name).map(|rule| rule.id).collect(),
                ..Group::default()
            })
            .collect();
        Ok(Json(GroupsData { groups: query.list(groups)? }).into_response())
    })
}

/// `GET /v1/group/{name}`.
pub(super) async fn get(
    State(controller): State<Controller>,
    Path(name): Path<String>,
) -> Result<Json<GroupData>> {
    controller.in_force().federated(|federated| {
        let group = require(federated, &name)?;
        Ok(Json(GroupData {
            group: GroupDetail {
                brief: group.brief(),
                criteria: group.criteria_entries(),
                policy_rules: network(federated, &name).map(NetworkRule::to_rest).collect(),
                response_rules: response(federated, &name).map(ResponseRule::to_rest).collect(),
                ..GroupDetail::default()
            },
        }))
    })
}

/// A group, which must exist.
pub(super) fn require<'a>(federated: &'a Federated, name: &str) -> Result<&'a PolicyGroup> {
    federated.groups.get(name).ok_or_else(|| ApiError::missing("group", name))
}

fn network<'a>(federated: &'a Federated, group: &'a str) -> impl Iterator<Item = &'a NetworkRule> {
    let rules = federated.network_rules_in_order().into_iter();
    rules.filter(move |rule| rule.from == group || rule.to == group)
}

fn response<'a>(
    federated: &'a Federated,
    group: &'a str,
) -> impl Iterator<Item = &'a ResponseRule> {
    federated.response_rules_in_order().into_iter().filter(move |rule| rule.group == group)
}

/// `POST /v1/group`.
pub(super) async fn create(
    query: ListQuery,
    JsonBody(body): JsonBody<GroupConfigData>,
) -> Result<ApiError> {
    refuse::creation(&query, &body.config.name, &body.config.cfg_type)
}
