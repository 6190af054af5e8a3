//! `PATCH /v1/fed/config`

use axum::extract::State;
use palisade_api::rest::fed::FedConfig;
use palisade_identity::{Access, Permission};

use super::actor;
use crate::App;
use crate::federation::promotion;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody, require};
use crate::store;

/// Configure the federation
///
/// The name is locked while there are remote clusters, which are told of another address.
#[utoipa::path(
    patch,
    path = "/v1/fed/config",
    tag = "federation",
    request_body = FedConfig,
    responses((status = OK)),
)]
pub(super) async fn fed_config_update(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    JsonBody(config): JsonBody<FedConfig>,
) -> Result<()> {
    let federation = store::federation::get(&mut *app.database.acquire().await?).await?;
    if federation.promoted_at.is_some() {
        require(&caller, Permission::Fed, Access::Write)?;
    }
    promotion::configure(&app, &actor(&caller), &config).await?;
    Ok(())
}
