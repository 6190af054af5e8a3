//! `/v1/system/config/webhook`: the cluster's own webhooks.

use axum::extract::{Path, State};
use palisade_api::rest::webhook::WebhookConfigData;
use palisade_policy::edit;

use super::error::Result;
use super::extract::{JsonBody, ListQuery};
use super::owner::own_name;
use crate::Controller;
use crate::reach::Reach;

/// `POST /v1/system/config/webhook`.
pub(super) async fn create(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    JsonBody(WebhookConfigData { config }): JsonBody<WebhookConfigData>,
) -> Result<()> {
    own_name(&query, &config.name, &config.cfg_type)?;
    let mut change = controller.edit(reach).await;
    edit::webhook::create(&mut change, config).await?;
    Ok(change.commit().await?)
}

/// `PATCH /v1/system/config/webhook/{name}`.
pub(super) async fn update(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    Path(name): Path<String>,
    JsonBody(WebhookConfigData { config }): JsonBody<WebhookConfigData>,
) -> Result<()> {
    own_name(&query, &name, &config.cfg_type)?;
    let mut change = controller.edit(reach).await;
    edit::webhook::update(&mut change, &name, config).await?;
    Ok(change.commit().await?)
}

/// `DELETE /v1/system/config/webhook/{name}`.
pub(super) async fn delete(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    Path(name): Path<String>,
) -> Result<()> {
    own_name(&query, &name, "")?;
    let mut change = controller.edit(reach).await;
    edit::webhook::delete(&mut change, &name).await?;
    Ok(change.commit().await?)
}
