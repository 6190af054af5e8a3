//! `GET /v1/server`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::server::ServersData;

use super::shown::{mappable, server};
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::query::Query;

/// List the directories
#[utoipa::path(
    get,
    path = "/v1/server",
    tag = "server",
    responses((status = OK, body = ServersData)),
)]
pub(super) async fn server_list(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Json<ServersData>> {
    let rows = app.identity.directories().await?;
    Ok(Json(ServersData {
        servers: query.list(rows.iter().map(server).collect())?,
        mappable_roles: mappable(&app, &caller).await?,
    }))
}
