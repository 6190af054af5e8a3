//! `POST /v2/scan/registry`

use axum::extract::State;
use palisade_api::rest::scan::RegistryConfigDataV2;

use crate::App;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::http::scan::registry::actor;

/// Add a federated registry
#[utoipa::path(
    post,
    path = "/v2/scan/registry",
    tag = "registry",
    request_body = RegistryConfigDataV2,
    responses((status = OK)),
)]
pub(super) async fn scan_registry_create_v2(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    JsonBody(RegistryConfigDataV2 { config }): JsonBody<RegistryConfigDataV2>,
) -> Result<()> {
    app.registries.create(&actor(&caller), config.into()).await?;
    Ok(())
}
