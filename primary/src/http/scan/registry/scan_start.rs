//! `POST /v1/scan/registry/{name}/scan`

use axum::extract::{Path, State};

use crate::App;
use crate::http::error::Result;
use crate::http::extract::FedAdmin;

/// Scan a registry
///
/// Images that are known are held against the present vulnerability database;
/// only others are read.
#[utoipa::path(
    post,
    path = "/v1/scan/registry/{name}/scan",
    tag = "registry",
    params(("name" = String, Path)),
    responses((status = OK)),
)]
pub(super) async fn scan_registry_start(
    State(app): State<App>,
    FedAdmin(_caller): FedAdmin,
    Path(name): Path<String>,
) -> Result<()> {
    app.registries.start_scan(&name).await?;
    Ok(())
}
