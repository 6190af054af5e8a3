//! `PATCH /v1/system/config` and `PATCH /v2/system/config`

use axum::extract::State;
use palisade_api::rest::system::SystemConfigUpdate;
use palisade_identity::{Access, Caller, Permission};

use super::config::{shown, webhooks_at_home};
use crate::App;
use crate::federation::rules;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{Authenticated, JsonBody, require};
use crate::identity::OrderError;
use crate::store::Actor;
use crate::version::{Expected, Version};

/// Change the configuration
///
/// Of the primary's own configuration `auth_order` can be set: the order in
/// which `local` and LDAP directories are asked for a password. What else is
/// given must be as it is shown. `fed_config` names
/// the webhooks of the federation, all of them; it takes a fedAdmin. The versions
/// of `If-Match` are those of `auth_order`, whatever is changed.
#[utoipa::path(
    patch,
    path = "/v1/system/config",
    tag = "system",
    params(Expected),
    request_body = SystemConfigUpdate,
    responses((status = OK)),
)]
pub(super) async fn system_config_update(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    expected: Expected,
    JsonBody(update): JsonBody<SystemConfigUpdate>,
) -> Result<(Option<Version>, ())> {
    change(&app, &caller, update, &expected).await
}

/// Change the configuration
///
/// Takes what `PATCH /v1/system/config` takes.
#[utoipa::path(
    patch,
    path = "/v2/system/config",
    tag = "system",
    params(Expected),
    request_body = SystemConfigUpdate,
    responses((status = OK)),
)]
pub(super) async fn system_config_update_v2(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    expected: Expected,
    JsonBody(update): JsonBody<SystemConfigUpdate>,
) -> Result<(Option<Version>, ())> {
    change(&app, &caller, update, &expected).await
}

/// Changes what is given; tells what became of the order.
async fn change(
    app: &App,
    caller: &Caller,
    mut update: SystemConfigUpdate,
    expected: &Expected,
) -> Result<(Option<Version>, ())> {
    let says_federal = update.fed_config.is_some();
    let refused = |other: String| {
        let other: String = other.chars().take(64).collect();
        ApiError::invalid_request(format!(
            "{other} cannot be changed here; auth_order and fed_config.webhooks can."
        ))
    };
    let webhooks = update.fed_webhooks().map_err(refused)?;
    let mut shown = shown(app).await?;
    if update.names_own_webhooks() {
        shown.webhooks = webhooks_at_home(app, caller).await;
    }
    let order = update.auth_order(&shown).map_err(refused)?;
    if says_federal {
        require(caller, Permission::Fed, Access::Write)?;
    }
    // What somebody else may have changed since comes first: where it is refused, nothing is done.
    let version = if let Some(order) = order {
        Some(app.identity.set_auth_order(caller, order, expected).await?)
    } else {
        app.identity.check_auth_order(expected).await?;
        None
    };
    if let Some(webhooks) = webhooks {
        let actor = Actor::from(caller);
        rules::webhook::replace(&app.database, &actor, webhooks).await?;
    }
    Ok((version, ()))
}

impl From<OrderError> for ApiError {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Unknown(_) => Self::invalid_request(error.to_string()),
            OrderError::ChangedSince(error) => error.into(),
            OrderError::CallerGone(_) => Self::unauthorized(),
            OrderError::Store(error) => error.into(),
        }
    }
}
