//! `GET /v1/fed/vex/{id}`

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};

use super::number;
use crate::App;
use crate::http::error::{ApiError, Result};

/// Download a VEX document
///
/// As it was sent.
#[utoipa::path(
    get,
    path = "/v1/fed/vex/{id}",
    tag = "federation",
    params(("id" = i64, Path, description = "Number of the document")),
    responses((status = OK, body = Object)),
)]
pub(in crate::http::fed) async fn fed_vex_get(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response> {
    let id = number(&id)?;
    let content = app.registries.vex_document(id).await?;
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"vex-{id}.json\""))
        .map_err(ApiError::internal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, content).into_response())
}
