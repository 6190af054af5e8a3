//! `GET /v1/group/{name}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::ObjectKind;
use palisade_api::rest::group::{GroupBrief, GroupData, GroupDetail};
use palisade_policy::network_rule::NetworkRule;
use palisade_policy::response_rule::ResponseRule;

use crate::App;
use crate::federation::rules;
use crate::federation::rules::target::targets_of;
use crate::http::error::Result;
use crate::http::query::Query;

/// Show a group
#[utoipa::path(
    get,
    path = "/v1/group/{name}",
    tag = "group",
    params(
        ("name" = String, Path, description = "Name of the group"),
        ("with_cap" = Option<bool>, Query, description = "Tell what can be done with it"),
    ),
    responses((status = OK, body = GroupData)),
)]
pub(super) async fn group_get(
    State(app): State<App>,
    Path(name): Path<String>,
    query: Query,
) -> Result<Json<GroupData>> {
    let used = rules::group::get(&app.database, &name).await?;
    let targets = targets_of(&app.database, ObjectKind::Group).await?;
    let cluster_selector = targets.get(ObjectKind::Group, &name);
    let group = GroupDetail {
        brief: GroupBrief {
            cluster_selector,
            ..used.group.brief().with_cap(query.flag("with_cap"))
        },
        criteria: used.group.criteria_entries(),
        members: Vec::new(),
        policy_rules: used.network_rules.iter().map(NetworkRule::to_rest).collect(),
        response_rules: used.response_rules.iter().map(ResponseRule::to_rest).collect(),
    };
    Ok(Json(GroupData { group }))
}
