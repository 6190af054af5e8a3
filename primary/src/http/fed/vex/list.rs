//! `GET /v1/fed/vex`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::vex::VexDocumentsData;

use super::shown;
use crate::App;
use crate::http::error::Result;

/// List the VEX documents
#[utoipa::path(
    get,
    path = "/v1/fed/vex",
    tag = "federation",
    responses((status = OK, body = VexDocumentsData)),
)]
pub(in crate::http::fed) async fn fed_vex_list(
    State(app): State<App>,
) -> Result<Json<VexDocumentsData>> {
    let rows = app.registries.vex_documents().await?;
    Ok(Json(VexDocumentsData { documents: rows.into_iter().rev().map(shown).collect() }))
}
