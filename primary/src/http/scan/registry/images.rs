//! `GET /v1/scan/registry/{name}/images`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::scan::RegistryImageSummaryData;

use crate::App;
use crate::http::error::Result;
use crate::http::query::Query;

/// List the images of a registry with the summaries of their scans
#[utoipa::path(
    get,
    path = "/v1/scan/registry/{name}/images",
    tag = "registry",
    params(
        ("name" = String, Path),
        ("start" = Option<i64>, Query),
        ("limit" = Option<i64>, Query),
    ),
    responses((status = OK, body = RegistryImageSummaryData)),
)]
pub(super) async fn scan_registry_images(
    State(app): State<App>,
    Path(name): Path<String>,
    query: Query,
) -> Result<Json<RegistryImageSummaryData>> {
    let images = if query.has_clauses() {
        query.list(app.registries.images(&name, 0, 0).await?)?
    } else {
        let (start, limit) = query.page();
        app.registries.images(&name, start, limit).await?
    };
    Ok(Json(RegistryImageSummaryData { images }))
}
