//! `GET /v1/token_auth_server`

use axum::Json;
use palisade_api::rest::auth::TokenAuthServersData;

/// List the providers of single sign-on
///
/// There is none yet.
#[utoipa::path(
    get,
    path = "/v1/token_auth_server",
    tag = "auth",
    responses((status = OK, body = TokenAuthServersData)),
)]
pub(super) async fn token_auth_server_list() -> Json<TokenAuthServersData> {
    Json(TokenAuthServersData::default())
}
