//! `GET /v1/fed/object_status`

use axum::Json;
use axum::extract::{Query, State};
use palisade_api::ObjectKind;
use palisade_api::kind::LogId;
use palisade_api::rest::rollout::ObjectStatusData;
use serde::Deserialize;
use utoipa::IntoParams;

use super::require_primary;
use crate::App;
use crate::federation::rollout::status;
use crate::http::error::{ApiError, Result};
use crate::http::extract::FedReader;

/// Which object.
#[derive(Debug, Deserialize, IntoParams)]
pub(super) struct ObjectQuery {
    /// Its kind in words, such as `admission rule`.
    kind: String,
    /// Its name; of rules the id.
    name: String,
}

/// Show who has applied an object
///
/// Every cluster that the object is for, with the revision that it has applied,
/// and the error where it could not put the object in force.
#[utoipa::path(
    get,
    path = "/v1/fed/object_status",
    tag = "federation",
    params(ObjectQuery),
    responses((status = OK, body = ObjectStatusData)),
)]
pub(super) async fn fed_object_status_get(
    State(app): State<App>,
    _: FedReader,
    Query(query): Query<ObjectQuery>,
) -> Result<Json<ObjectStatusData>> {
    require_primary(&app).await?;
    let kind = ObjectKind::ALL
        .into_iter()
        .filter(|kind| kind.log() == LogId::Federation)
        .find(|kind| kind.as_str() == query.kind)
        .ok_or_else(|| {
            ApiError::invalid_request("The kind is one in words, such as admission rule.")
        })?;
    let mut conn = app.database.acquire().await?;
    let status = status::of_object(&mut conn, kind, &query.name).await?;
    Ok(Json(ObjectStatusData {
        kind: kind.as_str().to_owned(),
        name: query.name,
        revision: status.revision.0,
        clusters: status.clusters,
    }))
}
