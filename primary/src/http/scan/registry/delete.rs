//! `DELETE /v1/scan/registry/{name}`

use axum::extract::{Path, State};

use super::actor;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::FedAdmin;

/// Remove a federated registry with its results
#[utoipa::path(
    delete,
    path = "/v1/scan/registry/{name}",
    tag = "registry",
    params(("name" = String, Path)),
    responses((status = OK)),
)]
pub(super) async fn scan_registry_delete(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(name): Path<String>,
) -> Result<()> {
    app.registries.delete(&actor(&caller), &name).await?;
    Ok(())
}
