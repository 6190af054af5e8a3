//! `POST /v1/system/config/remote_repository`

use axum::extract::State;
use palisade_api::rest::remote_repository::RemoteRepositoryConfig;

use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::remote_repository;

/// Set the repository that exports can go to
///
/// There is one, at GitHub or Azure DevOps, named `default`. An export of what is federated
/// goes there with `remote_export_options`. `GET /v1/system/config` shows it without its
/// token.
#[utoipa::path(
    post,
    path = "/v1/system/config/remote_repository",
    tag = "system",
    request_body = RemoteRepositoryConfig,
    responses((status = OK)),
)]
pub(super) async fn remote_repository_create(
    State(app): State<App>,
    caller: Authenticated,
    JsonBody(config): JsonBody<RemoteRepositoryConfig>,
) -> Result<()> {
    let actor = caller.actor();
    remote_repository::create(&app.database, &app.sealer, &actor, config).await?;
    Ok(())
}
