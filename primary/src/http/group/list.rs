//! `GET /v1/group`

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use palisade_api::ObjectKind;
use palisade_api::rest::group::{Group, GroupBrief, GroupsBriefData, GroupsData};

use crate::App;
use crate::federation::rules;
use crate::federation::rules::group::UsedGroup;
use crate::federation::rules::target::targets_of;
use crate::http::error::Result;
use crate::http::query::{Page, Query, Scope};
use crate::http::selected::Selected;

/// List the groups
///
/// Those of the federation. Groups of a cluster are listed by the cluster:
/// `/v1/fed/cluster/{id}/v1/group`.
#[utoipa::path(
    get,
    path = "/v1/group",
    tag = "group",
    params(
        ("scope" = Option<String>, Query, description = "`fed` or `local`"),
        (
            "cluster_selector" = Option<String>,
            Query,
            description = "Only what is for a cluster with such labels, as `kubectl get -l` takes them",
        ),
        ("brief" = Option<bool>, Query, description = "Leave out criteria and use"),
        ("with_cap" = Option<bool>, Query, description = "Tell what can be done with each"),
        Page,
    ),
    responses((status = OK, body = GroupsData)),
)]
pub(super) async fn group_list(
    State(app): State<App>,
    query: Query,
    selected: Selected,
) -> Result<Response> {
    let targeted = selected.of(&app, ObjectKind::Group).await?;
    let mut groups = match query.scope()? {
        Some(Scope::Local) => Vec::new(),
        Some(Scope::Fed) | None => rules::group::list(&app.database).await?,
    };
    groups.retain(|used| targeted.has(&used.group.name));
    let targets = targets_of(&app.database, ObjectKind::Group).await?;
    let with_cap = query.flag("with_cap");
    let brief = |used: &UsedGroup| GroupBrief {
        cluster_selector: targets.get(ObjectKind::Group, &used.group.name),
        ..used.group.brief().with_cap(with_cap)
    };
    if query.flag("brief") {
        let groups = query.list(groups.iter().map(brief).collect())?;
        return Ok(Json(GroupsBriefData { groups }).into_response());
    }
    let groups = groups
        .iter()
        .map(|used| Group {
            brief: brief(used),
            criteria: used.group.criteria_entries(),
            members: Vec::new(),
            policy_rules: used.network_rules.iter().map(|rule| rule.id).collect(),
            response_rules: used.response_rules.iter().map(|rule| rule.id).collect(),
        })
        .collect();
    Ok(Json(GroupsData { groups: query.list(groups)? }).into_response())
}
