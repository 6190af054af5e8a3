//! API keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access_scope::AccessScope;
use super::auth::RolePermission;

/// An API key, without its secret.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ApiKey {
    /// `never`, `onehour`, `oneday`, `onemonth`, `oneyear` or `hours`.
    pub expiration_type: String,
    /// How many hours, for `hours`.
    pub expiration_hours: u32,
    /// Its name.
    pub apikey_name: String,
    /// Always empty.
    pub apikey_secret: String,
    /// For the administrators.
    pub description: String,
    /// Global role.
    pub role: String,
    /// Roles in single namespaces.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub role_domains: BTreeMap<String, Vec<String>>,
    /// What the global role is limited to; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_scope: Option<AccessScope>,
    /// When it expires, in seconds since 1970; the greatest number: never.
    pub expiration_timestamp: i64,
    /// When it was created, in seconds since 1970.
    pub created_timestamp: i64,
    /// Who created it.
    pub created_by_entity: String,
    /// When it last vouched for a call, in seconds since 1970; 0: never.
    pub last_used_timestamp: i64,
}

/// Answer of `GET /v1/api_key`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ApiKeysData {
    /// The keys that the caller may see.
    pub apikeys: Vec<ApiKey>,
    /// Roles that can be given everywhere.
    pub global_roles: Vec<String>,
    /// Roles that can be given in single namespaces.
    pub domain_roles: Vec<String>,
}

/// Answer of `GET /v1/api_key/{name}`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ApiKeyData {
    /// The key.
    pub apikey: ApiKey,
}

/// Answer of `GET /v1/selfapikey`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SelfApiKeyData {
    /// The key that calls.
    pub apikey: ApiKey,
    /// What it may do everywhere.
    pub global_permissions: Vec<RolePermission>,
    /// What it may do in single namespaces.
    pub domain_permissions: BTreeMap<String, Vec<RolePermission>>,
}

/// Body of `POST /v1/api_key`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ApiKeyCreationData {
    /// The key to create.
    pub apikey: ApiKeyCreation,
}

/// A key to create.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ApiKeyCreation {
    /// `never`, `onehour`, `oneday`, `onemonth`, `oneyear` or `hours`.
    #[serde(default)]
    pub expiration_type: String,
    /// How many hours, for `hours`: 1 to 8,760.
    #[serde(default)]
    pub expiration_hours: u32,
    /// Its name.
    #[serde(default)]
    pub apikey_name: String,
    /// For the administrators.
    #[serde(default)]
    pub description: String,
    /// Global role.
    #[serde(default)]
    pub role: String,
    /// Roles in single namespaces.
    #[serde(default)]
    pub role_domains: BTreeMap<String, Vec<String>>,
    /// What the global role is limited to.
    #[serde(default)]
    pub access_scope: Option<AccessScope>,
}

/// Answer of `POST /v1/api_key`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ApiKeyGeneratedData {
    /// The key with its secret.
    pub apikey: ApiKeyGenerated,
}

/// A key with its secret, which is shown this once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ApiKeyGenerated {
    /// Its name.
    pub apikey_name: String,
    /// Its secret; `X-Auth-Apikey` takes name and secret with a colon between.
    pub apikey_secret: String,
}
