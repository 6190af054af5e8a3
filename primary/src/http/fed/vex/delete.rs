//! `DELETE /v1/fed/vex/{id}`

use axum::extract::{Path, State};

use super::number;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;

/// Remove a VEX document
///
/// What it said no longer holds, and counts again.
#[utoipa::path(
    delete,
    path = "/v1/fed/vex/{id}",
    tag = "federation",
    params(("id" = i64, Path, description = "Number of the document")),
    responses((status = OK)),
)]
pub(in crate::http::fed) async fn fed_vex_delete(
    State(app): State<App>,
    caller: Authenticated,
    Path(id): Path<String>,
) -> Result<()> {
    Ok(app.registries.delete_vex(&caller.actor(), number(&id)?).await?)
}
