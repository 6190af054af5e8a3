//! `DELETE /v1/scan/registry/{name}/scan`

use axum::extract::{Path, State};

use crate::App;
use crate::http::error::Result;
use crate::http::extract::FedAdmin;

/// Stop the scan of a registry
#[utoipa::path(
    delete,
    path = "/v1/scan/registry/{name}/scan",
    tag = "registry",
    params(("name" = String, Path)),
    responses((status = OK)),
)]
pub(super) async fn scan_registry_stop(
    State(app): State<App>,
    FedAdmin(_caller): FedAdmin,
    Path(name): Path<String>,
) -> Result<()> {
    app.registries.stop_scan(&name).await?;
    Ok(())
}
