//! `POST /v1/fed/vex`

use axum::Json;
use axum::extract::{Request, State};
use palisade_api::rest::vex::VexDocumentData;

use super::shown;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::file::upload;
use crate::registry::vex::DOCUMENT_BYTES;

/// Upload a VEX document
///
/// OpenVEX, CSAF or CycloneDX, as the body or in the part `configuration` of a
/// form; 16 MiB at most. It takes the place of one of the same id. What it says
/// is `not_affected` or `fixed` no longer counts in reports, lists and rules.
#[utoipa::path(
    post,
    path = "/v1/fed/vex",
    tag = "federation",
    request_body(content = Object, content_type = "application/json"),
    responses((status = OK, body = VexDocumentData)),
)]
pub(in crate::http::fed) async fn fed_vex_create(
    State(app): State<App>,
    caller: Authenticated,
    request: Request,
) -> Result<Json<VexDocumentData>> {
    let text = upload::read_file(request, DOCUMENT_BYTES).await?;
    let row = app.registries.put_vex(&caller.actor(), text).await?;
    Ok(Json(VexDocumentData { document: shown(row) }))
}
