//! `GET /v1/group/{name}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::group::{GroupData, GroupDetail};
use palisade_policy::network_rule::NetworkRule;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;

/// Show a group
#[utoipa::path(
    get,
    path = "/v1/group/{name}",
    tag = "group",
    params(("name" = String, Path, description = "Name of the group")),
    responses((status = OK, body = GroupData)),
)]
pub(super) async fn group_get(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<GroupData>> {
    let (group, rules) = rules::group::get(&app.database, &name).await?;
    let group = GroupDetail {
        brief: group.brief(),
        criteria: group.criteria_entries(),
        members: Vec::new(),
        policy_rules: rules.iter().map(NetworkRule::to_rest).collect(),
        response_rules: Vec::new(),
    };
    Ok(Json(GroupData { group }))
}
