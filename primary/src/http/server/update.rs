//! `PATCH /v1/server/{name}`

use axum::extract::{Path, State};
use palisade_api::rest::server::ServerConfigData;

use super::config::{changed, name_by_id};
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::user::same_name;
use crate::version::{Expected, Version};

/// Change a directory
///
/// The secret stays where it is left out; it must be given anew with another
/// host or issuer. Sessions that began go on.
#[utoipa::path(
    patch,
    path = "/v1/server/{name}",
    tag = "server",
    params(("name" = String, Path), Expected),
    request_body = ServerConfigData,
    responses((status = OK)),
)]
pub(super) async fn server_update(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(name): Path<String>,
    expected: Expected,
    JsonBody(ServerConfigData { mut config }): JsonBody<ServerConfigData>,
) -> Result<Version> {
    same_name(&name, &config.name)?;
    name_by_id(&app, &mut config).await?;
    let change = |before| changed(before, config);
    Ok(app.identity.change_directory(&caller, &name, &expected, change).await?)
}
