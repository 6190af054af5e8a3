//! `GET /v1/fed/object_status`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::kind::LogId;
use palisade_api::rest::rollout::ObjectStatusData;

use super::require_primary;
use crate::App;
use crate::federation::rollout::status;
use crate::http::error::{ApiError, Result};
use crate::http::extract::FedReader;
use crate::http::query::Query;

/// Show who has applied an object
///
/// Every cluster that the object is for, with the revision that it has applied,
/// and the error where it could not put the object in force.
#[utoipa::path(
    get,
    path = "/v1/fed/object_status",
    tag = "federation",
    params(
        ("kind" = String, Query, description = "Its kind in words, such as `admission rule`"),
        ("name" = String, Query, description = "Its name; of rules the id"),
    ),
    responses((status = OK, body = ObjectStatusData)),
)]
pub(super) async fn fed_object_status_get(
    State(app): State<App>,
    FedReader(caller): FedReader,
    query: Query,
) -> Result<Json<ObjectStatusData>> {
    require_primary(&app).await?;
    let kind = ObjectKind::ALL
        .into_iter()
        .filter(|kind| kind.log() == LogId::Federation)
        .find(|kind| Some(kind.as_str()) == query.get("kind"))
        .ok_or_else(|| {
            ApiError::invalid_request("The kind is one in words, such as admission rule.")
        })?;
    let name = query.get("name").unwrap_or_default();
    let mut conn = app.database.acquire().await?;
    let status = status::of_object(&mut conn, caller.rights.scope(), kind, name).await?;
    Ok(Json(ObjectStatusData {
        kind: kind.as_str().to_owned(),
        name: name.to_owned(),
        revision: status.revision.0,
        clusters: status.clusters,
    }))
}
