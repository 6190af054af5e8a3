//! `GET /v1/selfapikey`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::api_key::SelfApiKeyData;
use palisade_identity::Proof;

use super::rest_key;
use crate::App;
use crate::http::auth::{domain_permissions, permissions};
use crate::http::error::{ApiError, Result};
use crate::http::extract::Authenticated;

/// Show the API key that calls
#[utoipa::path(
    get,
    path = "/v1/selfapikey",
    tag = "api_key",
    responses((status = OK, body = SelfApiKeyData)),
)]
pub(super) async fn selfapikey_get(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
) -> Result<Json<SelfApiKeyData>> {
    if caller.proof != Proof::ApiKey {
        return Err(ApiError::object_not_found("No API key calls: see /v1/selfuser."));
    }
    let key = app.identity.api_key(&caller, &caller.fullname).await?;
    Ok(Json(SelfApiKeyData {
        apikey: rest_key(&key),
        global_permissions: permissions(caller.rights.global()),
        domain_permissions: domain_permissions(&caller.rights),
    }))
}
