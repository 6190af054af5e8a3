//! `GET /v1/token_auth_server`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::auth::{TokenAuthServer, TokenAuthServersData};

use crate::App;
use crate::http::error::Result;

/// List the providers of single sign-on
///
/// Those that can be used now.
#[utoipa::path(
    get,
    path = "/v1/token_auth_server",
    tag = "auth",
    responses((status = OK, body = TokenAuthServersData)),
)]
pub(super) async fn token_auth_server_list(
    State(app): State<App>,
) -> Result<Json<TokenAuthServersData>> {
    let servers = app.identity.sso_servers().await?;
    let servers = servers.into_iter().map(|(server_name, kind)| TokenAuthServer {
        server_name,
        server_type: kind.as_str().to_owned(),
    });
    Ok(Json(TokenAuthServersData { servers: servers.collect() }))
}
