//! `PATCH /v1/system/config` and `PATCH /v2/system/config`

use axum::extract::State;
use palisade_api::rest::system::SystemConfigUpdate;
use palisade_identity::{Access, Caller, Permission};

use super::config::shown;
use crate::App;
use crate::federation::rules;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{Authenticated, JsonBody, require};
use crate::identity::OrderError;
use crate::store::Actor;

/// Change the configuration
///
/// Of the primary's own configuration `auth_order` can be set: the order in
/// which `local` and LDAP directories are asked for a password. What else is
/// given must be as it is shown. `fed_config` names
/// the webhooks of the federation, all of them; it takes a fedAdmin.
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
    change(&app, &caller, update).await
}

/// Change the configuration
///
/// Takes what `PATCH /v1/system/config` takes.
#[utoipa::path(
    patch,
    path = "/v2/system/config",
    tag = "system",
    request_body = SystemConfigUpdate,
    responses((status = OK)),
)]
pub(super) async fn system_config_update_v2(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    JsonBody(update): JsonBody<SystemConfigUpdate>,
) -> Result<()> {
    change(&app, &caller, update).await
}

async fn change(app: &App, caller: &Caller, mut update: SystemConfigUpdate) -> Result<()> {
    let says_federal = update.fed_config.is_some();
    let refused = |other: String| {
        let other: String = other.chars().take(64).collect();
        ApiError::invalid_request(format!(
            "{other} cannot be changed here; auth_order and fed_config.webhooks can."
        ))
    };
    let webhooks = update.fed_webhooks().map_err(refused)?;
    let shown = shown(app).await?;
    let order = update.auth_order(&shown).map_err(refused)?;
    if says_federal {
        require(caller, Permission::Fed, Access::Write)?;
    }
    if let Some(webhooks) = webhooks {
        let actor = Actor::from(caller);
        rules::webhook::replace(&app.database, &actor, webhooks).await?;
    }
    if let Some(order) = order {
        app.identity.set_auth_order(caller, order).await?;
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
