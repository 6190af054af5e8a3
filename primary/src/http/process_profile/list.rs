//! `GET /v1/process_profile`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::process_profile::ProcessProfilesData;
use palisade_policy::process_profile::ProcessProfile;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::query::{Page, Query, Scope};
use crate::http::selected::Selected;

/// List the process profiles
///
/// Those of the federated groups, by group.
#[utoipa::path(
    get,
    path = "/v1/process_profile",
    tag = "process_profile",
    params(
        ("scope" = Option<String>, Query, description = "`fed` or `local`"),
        (
            "cluster_selector" = Option<String>,
            Query,
            description = "Only what is for a cluster with such labels, as `kubectl get -l` takes them",
        ),
        Page,
    ),
    responses((status = OK, body = ProcessProfilesData)),
)]
pub(super) async fn process_profile_list(
    State(app): State<App>,
    query: Query,
    selected: Selected,
) -> Result<Json<ProcessProfilesData>> {
    let targeted = selected.of(&app, ObjectKind::Group).await?;
    let process_profiles = match query.scope()? {
        Some(Scope::Local) => Vec::new(),
        Some(Scope::Fed) | None => rules::process_profile::list(&app.database).await?,
    };
    let process_profiles = query.list(
        process_profiles
            .iter()
            .filter(|one| targeted.has(&one.group))
            .map(ProcessProfile::to_rest)
            .collect(),
    )?;
    Ok(Json(ProcessProfilesData { process_profiles }))
}
