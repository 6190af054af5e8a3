//! `PATCH /v1/scan/registry/{name}`

use axum::extract::{Path, State};
use palisade_api::rest::scan::RegistryConfigData;

use super::actor;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};

/// Change a federated registry
///
/// What the body leaves out stays, secrets included.
#[utoipa::path(
    patch,
    path = "/v1/scan/registry/{name}",
    tag = "registry",
    params(("name" = String, Path)),
    request_body = RegistryConfigData,
    responses((status = OK)),
)]
pub(super) async fn scan_registry_update(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(name): Path<String>,
    JsonBody(RegistryConfigData { config }): JsonBody<RegistryConfigData>,
) -> Result<()> {
    app.registries.update(&actor(&caller), &name, config).await?;
    Ok(())
}
