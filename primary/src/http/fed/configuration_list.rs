//! `GET /v1/fed/cluster/{id}/configuration`

use axum::Json;
use axum::extract::{Path, State};
use chrono::SecondsFormat;
use palisade_api::rest::fed::{ConfigurationRevision, ConfigurationRevisions};

use super::scope::require_whole_clusters;
use super::{find_member, require_primary};
use crate::App;
use crate::http::error::Result;
use crate::http::extract::FedReader;
use crate::store;

/// List what the primary keeps of a member's own configuration
///
/// The newest revisions of its local rules and settings. A cluster that lost its
/// disks and joins again gets the newest one back.
#[utoipa::path(
    get,
    path = "/v1/fed/cluster/{id}/configuration",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the cluster")),
    responses((status = OK, body = ConfigurationRevisions)),
)]
pub(super) async fn fed_configuration_list(
    State(app): State<App>,
    FedReader(caller): FedReader,
    Path(id): Path<String>,
) -> Result<Json<ConfigurationRevisions>> {
    require_primary(&app).await?;
    require_whole_clusters(&caller)?;
    let member = find_member(&app, &caller, &id).await?;
    let mut conn = app.database.acquire().await?;
    let revisions = store::configuration::list(&mut conn, member.id).await?;
    let show = |kept: store::configuration::Revision| ConfigurationRevision {
        revision: kept.revision,
        stored_at: kept.stored_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        digest: kept.digest.to_string(),
        size: kept.size,
    };
    let revisions = revisions.into_iter().map(show).collect();
    Ok(Json(ConfigurationRevisions { revisions }))
}
