//! `PATCH /v1/fed/member/{id}/labels`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::cluster_selector::ClusterLabelsData;

use super::{actor, find_member, require_primary};
use crate::App;
use crate::federation::membership;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::version::{Expected, Version};

/// Give a cluster its labels
///
/// All of them: those that are not named are removed. Federated objects that are
/// for clusters with other labels come and go at once.
#[utoipa::path(
    patch,
    path = "/v1/fed/member/{id}/labels",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the cluster"), Expected),
    request_body = ClusterLabelsData,
    responses((status = OK, body = ClusterLabelsData)),
)]
pub(super) async fn fed_member_labels_update(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(id): Path<String>,
    expected: Expected,
    JsonBody(body): JsonBody<ClusterLabelsData>,
) -> Result<(Version, Json<ClusterLabelsData>)> {
    require_primary(&app).await?;
    let member = find_member(&app, &caller, &id).await?;
    let by = actor(&caller);
    let labels = membership::relabel(&app, &by, member.id, body.labels, &expected).await?;
    let version = Version::of(&labels)?;
    Ok((version, Json(ClusterLabelsData { labels: labels.into() })))
}
