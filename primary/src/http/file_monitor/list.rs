//! `GET /v1/file_monitor`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::file_monitor::FileMonitorProfilesData;
use palisade_policy::file_monitor::FileMonitor;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::query::{Page, Query, Scope};
use crate::http::selected::Selected;

/// List the file monitors
///
/// Those of the federated groups, by group.
#[utoipa::path(
    get,
    path = "/v1/file_monitor",
    tag = "file_monitor",
    params(
        ("scope" = Option<String>, Query, description = "`fed` or `local`"),
        (
            "cluster_selector" = Option<String>,
            Query,
            description = "Only what is for a cluster with such labels, as `kubectl get -l` takes them",
        ),
        Page,
    ),
    responses((status = OK, body = FileMonitorProfilesData)),
)]
pub(super) async fn file_monitor_list(
    State(app): State<App>,
    query: Query,
    selected: Selected,
) -> Result<Json<FileMonitorProfilesData>> {
    let targeted = selected.of(&app, ObjectKind::Group).await?;
    let profiles = match query.scope()? {
        Some(Scope::Local) => Vec::new(),
        Some(Scope::Fed) | None => rules::file_monitor::list(&app.database).await?,
    };
    let profiles = query.list(
        profiles.iter().filter(|one| targeted.has(&one.group)).map(FileMonitor::to_rest).collect(),
    )?;
    Ok(Json(FileMonitorProfilesData { profiles }))
}
