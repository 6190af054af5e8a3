//! `PATCH /v2/scan/registry/{name}`

use axum::extract::{Path, State};
use palisade_api::rest::scan::RegistryConfigDataV2;

use crate::App;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::http::scan::registry::actor;

/// Change a federated registry
///
/// What the body leaves out stays, secrets included.
#[utoipa::path(
    patch,
    path = "/v2/scan/registry/{name}",
    tag = "registry",
    params(("name" = String, Path)),
    request_body = RegistryConfigDataV2,
    responses((status = OK)),
)]
pub(super) async fn scan_registry_update_v2(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(name): Path<String>,
    JsonBody(RegistryConfigDataV2 { config }): JsonBody<RegistryConfigDataV2>,
) -> Result<()> {
    app.registries.update(&actor(&caller), &name, config.into()).await?;
    Ok(())
}
