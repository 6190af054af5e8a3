//! `PATCH /v1/system/config/remote_repository/{nickname}`

use axum::extract::{Path, State};
use palisade_api::rest::remote_repository::RemoteRepositoryConfigData;

use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::remote_repository;

/// Change the repository that exports can go to
///
/// What is left out stays, and so does an empty token. The provider is what it was.
#[utoipa::path(
    patch,
    path = "/v1/system/config/remote_repository/{nickname}",
    tag = "system",
    params(("nickname" = String, Path, description = "`default`")),
    request_body = RemoteRepositoryConfigData,
    responses((status = OK)),
)]
pub(super) async fn remote_repository_update(
    State(app): State<App>,
    caller: Authenticated,
    Path(nickname): Path<String>,
    JsonBody(RemoteRepositoryConfigData { config }): JsonBody<RemoteRepositoryConfigData>,
) -> Result<()> {
    let actor = caller.actor();
    remote_repository::change(&app.database, &app.sealer, &actor, &nickname, config).await?;
    Ok(())
}
