//! `PATCH /v1/system/config`

use axum::extract::State;
use palisade_api::rest::system::SystemConfigUpdate;

use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{Authenticated, JsonBody};
use crate::identity::OrderError;

/// Change the configuration
///
/// Of the primary's own configuration `auth_order` can be set: the order in
/// which `local` and LDAP directories are asked for a password.
#[utoipa::path(
    patch,
    path = "/v1/system/config",
    tag = "system",
    request_body = SystemConfigUpdate,
    responses((status = OK)),
)]
pub(super) async fn system_config_update(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    JsonBody(update): JsonBody<SystemConfigUpdate>,
) -> Result<()> {
    let order = update.auth_order().map_err(|other| {
        let other: String = other.chars().take(64).collect();
        ApiError::invalid_request(format!("{other} cannot be changed here; auth_order can."))
    })?;
    if let Some(order) = order {
        app.identity.set_auth_order(&caller, order).await?;
    }
    Ok(())
}

impl From<OrderError> for ApiError {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Unknown(_) => Self::invalid_request(error.to_string()),
            OrderError::Store(error) => error.into(),
        }
    }
}
