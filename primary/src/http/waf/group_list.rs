//! `GET /v1/waf/group`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::sensor::WafGroupsData;
use palisade_policy::sensor::Waf;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::query::{Page, Query, Scope};
use crate::http::selected::Selected;

/// List the groups with the WAF sensors that are bound to them
///
/// The federated ones, by name.
#[utoipa::path(
    get,
    path = "/v1/waf/group",
    tag = "waf",
    params(
        ("scope" = Option<String>, Query, description = "`fed` or `local`"),
        (
            "cluster_selector" = Option<String>,
            Query,
            description = "Only what is for a cluster with such labels, as `kubectl get -l` takes them",
        ),
        Page,
    ),
    responses((status = OK, body = WafGroupsData)),
)]
pub(super) async fn waf_group_list(
    State(app): State<App>,
    query: Query,
    selected: Selected,
) -> Result<Json<WafGroupsData>> {
    let targeted = selected.of(&app, ObjectKind::Group).await?;
    let waf_groups = match query.scope()? {
        Some(Scope::Local) => Vec::new(),
        Some(Scope::Fed) | None => rules::sensor::group::list::<Waf>(&app.database).await?,
    };
    let waf_groups =
        query.list(waf_groups.into_iter().filter(|one| targeted.has(&one.name)).collect())?;
    Ok(Json(WafGroupsData { waf_groups }))
}
