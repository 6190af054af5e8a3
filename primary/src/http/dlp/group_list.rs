//! `GET /v1/dlp/group`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::sensor::DlpGroupsData;
use palisade_policy::sensor::Dlp;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::query::{Page, Query, Scope};
use crate::http::selected::Selected;

/// List the groups with the DLP sensors that are bound to them
///
/// The federated ones, by name.
#[utoipa::path(
    get,
    path = "/v1/dlp/group",
    tag = "dlp",
    params(
        ("scope" = Option<String>, Query, description = "`fed` or `local`"),
        (
            "cluster_selector" = Option<String>,
            Query,
            description = "Only what is for a cluster with such labels, as `kubectl get -l` takes them",
        ),
        Page,
    ),
    responses((status = OK, body = DlpGroupsData)),
)]
pub(super) async fn dlp_group_list(
    State(app): State<App>,
    query: Query,
    selected: Selected,
) -> Result<Json<DlpGroupsData>> {
    let targeted = selected.of(&app, ObjectKind::Group).await?;
    let dlp_groups = match query.scope()? {
        Some(Scope::Local) => Vec::new(),
        Some(Scope::Fed) | None => rules::sensor::group::list::<Dlp>(&app.database).await?,
    };
    let dlp_groups =
        query.list(dlp_groups.into_iter().filter(|one| targeted.has(&one.name)).collect())?;
    Ok(Json(DlpGroupsData { dlp_groups }))
}
