//! `/v1/system`: summary, usage, alerts and configuration.

mod alerts;
mod config;
mod config_update;
mod remote_repository;
mod summary;
mod usage;
mod webhook_create;
mod webhook_delete;
mod webhook_update;

use super::ApiRouter;
use super::error::Result;
use super::query::{Query, Scope};
use crate::federation::rules::RuleError;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(summary::system_summary_get))
        .routes(routes!(usage::system_usage_get))
        .routes(routes!(alerts::system_alerts_get))
        .routes(routes!(config::system_config_get, config_update::system_config_update))
        .routes(routes!(config::system_config_get_v2, config_update::system_config_update_v2))
        .routes(routes!(webhook_create::system_webhook_create))
        .routes(routes!(
            webhook_update::system_webhook_update,
            webhook_delete::system_webhook_delete
        ))
        .merge(remote_repository::router())
}

/// Lets writes of federated webhooks pass; without a scope a write means those
/// of the own cluster, unless it says otherwise itself.
fn federated(query: &Query, says_so: bool) -> Result<()> {
    match query.scope()? {
        Some(Scope::Fed) => Ok(()),
        None if says_so => Ok(()),
        Some(Scope::Local) | None => Err(RuleError::NotFederated("webhooks").into()),
    }
}
