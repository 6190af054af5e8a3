//! `POST /v1/scan/registry`

use axum::extract::State;
use palisade_api::rest::scan::RegistryConfigData;

use super::actor;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};

/// Add a federated registry
#[utoipa::path(
    post,
    path = "/v1/scan/registry",
    tag = "registry",
    request_body = RegistryConfigData,
    responses((status = OK)),
)]
pub(super) async fn scan_registry_create(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    JsonBody(RegistryConfigData { config }): JsonBody<RegistryConfigData>,
) -> Result<()> {
    app.registries.create(&actor(&caller), config).await?;
    Ok(())
}
