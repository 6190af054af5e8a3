//! `GET /v1/api_key`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::api_key::ApiKeysData;

use super::rest_key;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::query::{Page, Query};
use crate::http::user::{RoleChoice, role_choice};

/// List the API keys
#[utoipa::path(
    get,
    path = "/v1/api_key",
    tag = "api_key",
    params(Page),
    responses((status = OK, body = ApiKeysData)),
)]
pub(super) async fn api_key_list(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Json<ApiKeysData>> {
    let keys = app.identity.api_keys(&caller).await?;
    let RoleChoice { global, domain, .. } = role_choice(&app, &caller).await?;
    Ok(Json(ApiKeysData {
        apikeys: query.list(keys.iter().map(rest_key).collect())?,
        global_roles: global,
        domain_roles: domain,
    }))
}
