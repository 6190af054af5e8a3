//! `GET /v1/fed/view/{id}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::fed::FedView;

use super::{find_member, require_primary};
use crate::App;
use crate::http::error::Result;
use crate::http::extract::FedReader;

/// Tell whether a console of this primary can show a member
#[utoipa::path(
    get,
    path = "/v1/fed/view/{id}",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the cluster")),
    responses((status = OK, body = FedView)),
)]
pub(super) async fn fed_view_get(
    State(app): State<App>,
    FedReader(caller): FedReader,
    Path(id): Path<String>,
) -> Result<Json<FedView>> {
    require_primary(&app).await?;
    let member = find_member(&app, &caller, &id).await?;
    // There is one version of the REST API, which goes by the link: who was refused that for
    // its version cannot be asked.
    Ok(Json(FedView { compatible: member.version_refusal.is_none() }))
}
