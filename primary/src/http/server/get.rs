//! `GET /v1/server/{name}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::server::ServerData;

use super::shown::server;
use crate::App;
use crate::http::error::Result;

/// Show a directory
#[utoipa::path(
    get,
    path = "/v1/server/{name}",
    tag = "server",
    params(("name" = String, Path)),
    responses((status = OK, body = ServerData)),
)]
pub(super) async fn server_get(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<ServerData>> {
    let row = app.identity.directory(&name).await?;
    Ok(Json(ServerData { server: server(&row) }))
}
