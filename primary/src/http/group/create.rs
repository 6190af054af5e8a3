//! `POST /v1/group`

use axum::extract::State;
use palisade_api::rest::group::GroupConfigData;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::store::Actor;

/// Add a federated group
///
/// Its name begins with `fed.`.
#[utoipa::path(
    post,
    path = "/v1/group",
    tag = "group",
    request_body = GroupConfigData,
    responses((status = OK)),
)]
pub(super) async fn group_create(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    JsonBody(GroupConfigData { config }): JsonBody<GroupConfigData>,
) -> Result<()> {
    let actor = Actor::from(&caller);
    rules::group::create(&app.database, &actor, config).await?;
    Ok(())
}
