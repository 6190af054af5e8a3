//! `POST /v1/api_key`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::api_key::{ApiKeyCreationData, ApiKeyGenerated, ApiKeyGeneratedData};
use palisade_identity::Roles;
use secrecy::ExposeSecret as _;

use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{Authenticated, JsonBody};
use crate::identity::{CreateApiKey, Expiration, UserError};

/// Create an API key
///
/// The secret is shown this once; the primary keeps its hash alone. A key does
/// not do more than who created it.
#[utoipa::path(
    post,
    path = "/v1/api_key",
    tag = "api_key",
    request_body = ApiKeyCreationData,
    responses((status = OK, body = ApiKeyGeneratedData)),
)]
pub(super) async fn api_key_create(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    JsonBody(ApiKeyCreationData { apikey }): JsonBody<ApiKeyCreationData>,
) -> Result<Json<ApiKeyGeneratedData>> {
    let expiration = Expiration::parse(&apikey.expiration_type, apikey.expiration_hours)
        .ok_or_else(|| {
            ApiError::invalid_request(
                "expiration_type is never, onehour, oneday, onemonth, oneyear, or hours with 1 to \
                 8,760 expiration_hours.",
            )
        })?;
    let scope = app.identity.scope(apikey.access_scope.unwrap_or_default()).await?;
    let roles = Roles::parse(&apikey.role, &apikey.role_domains).and_then(|one| one.within(scope));
    let new = CreateApiKey {
        name: apikey.apikey_name.clone(),
        description: apikey.description,
        roles: roles.map_err(UserError::from)?,
        expiration,
    };
    let secret = app.identity.create_api_key(&caller, new).await?;
    let apikey = ApiKeyGenerated {
        apikey_name: apikey.apikey_name,
        apikey_secret: secret.expose_secret().to_owned(),
    };
    Ok(Json(ApiKeyGeneratedData { apikey }))
}
