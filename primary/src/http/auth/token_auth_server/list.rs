//! `GET /v1/token_auth_server`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::auth::{TokenAuthServer, TokenAuthServersData};

use super::OIDC;
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
    let names = app.identity.sso_servers().await?;
    let servers = names
        .into_iter()
        .map(|name| TokenAuthServer { server_name: name, server_type: OIDC.to_owned() });
    Ok(Json(TokenAuthServersData { servers: servers.collect() }))
}
