//! `GET /v1/api_key/{name}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::api_key::ApiKeyData;

use super::rest_key;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;

/// Show an API key
#[utoipa::path(
    get,
    path = "/v1/api_key/{name}",
    tag = "api_key",
    params(("name" = String, Path)),
    responses((status = OK, body = ApiKeyData)),
)]
pub(super) async fn api_key_get(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(name): Path<String>,
) -> Result<Json<ApiKeyData>> {
    let key = app.identity.api_key(&caller, &name).await?;
    Ok(Json(ApiKeyData { apikey: rest_key(&key) }))
}
