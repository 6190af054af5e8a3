//! `/v1/group`: federated groups, read-only here.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use palisade_api::Code;
use palisade_api::rest::group::{
    Group, GroupBrief, GroupConfigData, GroupData, GroupDetail, GroupsBriefData, GroupsData,
};
use palisade_policy::FED_PREFIX;
use palisade_policy::network_rule::NetworkRule;
use serde::Deserialize;

use super::error::{ApiError, Result};
use super::extract::{JsonBody, ListQuery};
use crate::Controller;

#[derive(Deserialize)]
pub(super) struct Brief {
    #[serde(default)]
    brief: String,
}

/// `GET /v1/group`.
pub(super) async fn list(
    State(controller): State<Controller>,
    Query(query): Query<ListQuery>,
    Query(brief): Query<Brief>,
) -> Result<Response> {
    let groups = if query.scope()?.federal() { controller.in_force().groups() } else { Vec::new() };
    let groups = query.page(groups);
    if matches!(brief.brief.as_str(), "1" | "t" | "true") {
        let groups: Vec<GroupBrief> =
            groups.iter().map(palisade_policy::group::Group::brief).collect();
        return Ok(Json(GroupsBriefData { groups }).into_response());
    }
    let rules = controller.in_force().network_rules();
    let groups = groups
        .iter()
        .map(|group| Group {
            brief: group.brief(),
            criteria: group.criteria_entries(),
            policy_rules: naming(&rules, &group.name).map(|rule| rule.id).collect(),
            ..Group::default()
        })
        .collect();
    Ok(Json(GroupsData { groups }).into_response())
}

/// `GET /v1/group/{name}`.
pub(super) async fn get(
    State(controller): State<Controller>,
    Path(name): Path<String>,
) -> Result<Json<GroupData>> {
    let group = controller
        .in_force()
        .groups()
        .into_iter()
        .find(|group| group.name == name)
        .ok_or_else(|| ApiError::missing("group", &name))?;
    let rules = controller.in_force().network_rules();
    Ok(Json(GroupData {
        group: GroupDetail {
            brief: group.brief(),
            criteria: group.criteria_entries(),
            policy_rules: naming(&rules, &name).map(NetworkRule::to_rest).collect(),
            ..GroupDetail::default()
        },
    }))
}

fn naming<'a>(rules: &'a [NetworkRule], group: &'a str) -> impl Iterator<Item = &'a NetworkRule> {
    rules.iter().filter(move |rule| rule.from == group || rule.to == group)
}

/// `POST /v1/group`.
pub(super) async fn create(JsonBody(body): JsonBody<GroupConfigData>) -> ApiError {
    if body.config.name.starts_with(FED_PREFIX) || body.config.cfg_type == "federal" {
        return ApiError::federal();
    }
    ApiError::new(Code::OpNotAllowed, "Groups of a single cluster are not supported yet.")
}

/// `PATCH` and `DELETE /v1/group/{name}`.
pub(super) async fn refuse_change(Path(name): Path<String>) -> ApiError {
    if name.starts_with(FED_PREFIX) {
        return ApiError::federal();
    }
    ApiError::missing("group", &name)
}
