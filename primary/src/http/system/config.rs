//! `GET /v1/system/config` and `GET /v2/system/config`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::system::{FedSystemConfig, SystemConfig, SystemConfigData};
use palisade_api::rest::system_v2::SystemConfigDataV2;
use palisade_api::rest::webhook;
use palisade_identity::{Access, Caller, Permission};
use palisade_policy::webhook::Webhook;
use tracing::debug;

use super::summary::PATIENCE;
use crate::App;
use crate::federation::rules;
use crate::federation::rules::target::targets_of;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::home;
use crate::http::query::{Query, Scope};
use crate::remote_repository;

/// Show the configuration
///
/// The primary's own; it has no services, so what concerns those is at rest. The webhooks
/// of `config` are those of the home cluster.
#[utoipa::path(
    get,
    path = "/v1/system/config",
    tag = "system",
    responses((status = OK, body = SystemConfigData)),
)]
pub(super) async fn system_config_get(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Json<SystemConfigData>> {
    Ok(Json(read(&app, &caller, &query).await?))
}

/// Show the configuration, grouped
#[utoipa::path(
    get,
    path = "/v2/system/config",
    tag = "system",
    responses((status = OK, body = SystemConfigDataV2)),
)]
pub(super) async fn system_config_get_v2(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Json<SystemConfigDataV2>> {
    Ok(Json(read(&app, &caller, &query).await?.into()))
}

async fn read(app: &App, caller: &Caller, query: &Query) -> Result<SystemConfigData> {
    let scope = query.scope()?;
    let mut config = shown(app).await?;
    if scope != Some(Scope::Fed) {
        config.webhooks = webhooks_at_home(app, caller).await;
    }
    let sees_federation = scope != Some(Scope::Local) && caller.may(Permission::Fed, Access::Read);
    let fed_config = if sees_federation {
        let webhooks = rules::webhook::list(&app.database).await?;
        let targets = targets_of(&app.database, ObjectKind::Webhook).await?;
        let shown = |webhook: &Webhook| webhook::Webhook {
            cluster_selector: targets.get(ObjectKind::Webhook, &webhook.name),
            ..webhook.to_rest()
        };
        Some(FedSystemConfig { webhooks: webhooks.iter().map(shown).collect() })
    } else {
        None
    };
    Ok(SystemConfigData { config, fed_config })
}

/// The webhooks that calls without a scope make, which are the home cluster's; none where
/// there is no such cluster, or it does not tell them in time.
pub(super) async fn webhooks_at_home(app: &App, caller: &Caller) -> Vec<webhook::Webhook> {
    let path = "/v1/system/config?scope=local";
    if caller.rights.are_of_namespaces() || !home::tells(caller, "/v1/system/config") {
        return Vec::new();
    }
    let read = home::read::<SystemConfigData>(app, caller, path);
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(Ok(data)) => data.map(|data| data.config.webhooks).unwrap_or_default(),
        Ok(Err(error)) => {
            debug!(error = %error.message, "the home cluster does not tell its webhooks");
            Vec::new()
        }
        Err(_) => Vec::new(),
    }
}

/// The primary's own configuration.
pub(super) async fn shown(app: &App) -> Result<SystemConfig> {
    let remote_repository = remote_repository::shown(&app.database).await?;
    Ok(SystemConfig {
        new_service_policy_mode: "Discover".to_owned(),
        new_service_profile_mode: "Discover".to_owned(),
        new_service_profile_baseline: "zero-drift".to_owned(),
        net_service_policy_mode: "Discover".to_owned(),
        auth_order: app.identity.auth_order().await?,
        cluster_name: app.config.name.as_str().to_owned(),
        no_telemetry_report: true,
        remote_repositories: remote_repository.into_iter().collect(),
        enable_tls_verification: true,
        ..SystemConfig::default()
    })
}
