//! `GET /v1/fed/vex`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::vex::VexDocumentsData;

use super::shown;
use crate::App;
use crate::http::error::Result;
use crate::http::query::Query;

/// List the VEX documents
///
/// The newest first, all where nobody asks for a page.
#[utoipa::path(
    get,
    path = "/v1/fed/vex",
    tag = "federation",
    params(
        ("f_*" = Option<String>, Query, description = "Filters by a field"),
        ("s_*" = Option<String>, Query, description = "Sorts by a field: `asc` or `desc`"),
        ("start" = Option<i64>, Query, description = "Documents to leave out"),
        ("limit" = Option<i64>, Query, description = "Documents at most"),
    ),
    responses((status = OK, body = VexDocumentsData)),
)]
pub(in crate::http::fed) async fn fed_vex_list(
    State(app): State<App>,
    query: Query,
) -> Result<Json<VexDocumentsData>> {
    let rows = app.registries.vex_documents().await?;
    Ok(Json(VexDocumentsData {
        documents: query.list(rows.into_iter().rev().map(shown).collect())?,
    }))
}
