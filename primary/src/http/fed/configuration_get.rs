//! `GET /v1/fed/cluster/{id}/configuration/{revision}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::Code;
use serde_json::value::RawValue;

use super::scope::require_whole_clusters;
use super::{find_member, require_primary};
use crate::App;
use crate::federation::configuration;
use crate::http::error::{ApiError, Result};
use crate::http::extract::FedReader;
use crate::store;

/// Show one revision of a member's own configuration
#[utoipa::path(
    get,
    path = "/v1/fed/cluster/{id}/configuration/{revision}",
    tag = "federation",
    params(
        ("id" = String, Path, description = "Id of the cluster"),
        ("revision" = String, Path, description = "Number of the revision, or `newest`"),
    ),
    responses((status = OK, body = Object, description = "As the cluster told it")),
)]
pub(super) async fn fed_configuration_get(
    State(app): State<App>,
    FedReader(caller): FedReader,
    Path((id, revision)): Path<(String, String)>,
) -> Result<Json<Box<RawValue>>> {
    require_primary(&app).await?;
    require_whole_clusters(&caller)?;
    let member = find_member(&app, &caller, &id).await?;
    let wanted = match revision.as_str() {
        "newest" => None,
        number => Some(number.parse().map_err(|_| {
            ApiError::invalid_request("A revision is a number, or the word newest.")
        })?),
    };
    let mut conn = app.database.acquire().await?;
    let body = store::configuration::body(&mut conn, member.id, wanted).await?;
    drop(conn);
    let body = body.ok_or_else(|| {
        ApiError::new(Code::ObjectNotFound, "The primary keeps no such revision.")
    })?;
    let text = configuration::unpack(&body)?;
    Ok(Json(RawValue::from_string(text).map_err(ApiError::internal)?))
}
