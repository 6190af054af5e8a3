//! Custom roles.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::auth::RolePermission;

/// A role.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UserRole {
    /// Its name.
    pub name: String,
    /// For the administrators.
    pub comment: String,
    /// Whether it is reserved, and so cannot be changed.
    pub reserved: bool,
    /// What it holds.
    pub permissions: Vec<RolePermission>,
}

/// Answer of `GET /v1/user_role`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UserRolesData {
    /// The roles.
    pub roles: Vec<UserRole>,
}

/// Answer of `GET /v1/user_role/{name}`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UserRoleData {
    /// The role.
    pub role: UserRole,
}

/// Body of `POST /v1/user_role` and `PATCH /v1/user_role/{name}`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UserRoleConfigData {
    /// The role.
    pub config: UserRoleConfig,
}

/// A role to create or to write anew.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UserRoleConfig {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// For the administrators.
    #[serde(default)]
    pub comment: String,
    /// What it holds. Who may change may also look.
    #[serde(default)]
    pub permissions: Vec<RolePermission>,
}

/// Answer of `GET /v1/user_role_permission/options`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AllUserPermitOptions {
    /// The permissions that custom roles can hold.
    pub options: UserPermitOptions,
}

/// The permissions that custom roles can hold.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UserPermitOptions {
    /// Everywhere.
    pub global_options: Vec<UserPermitOption>,
    /// In single namespaces.
    pub domain_options: Vec<UserPermitOption>,
}

/// A permission that custom roles can hold.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UserPermitOption {
    /// Its id.
    pub id: String,
    /// Whether there is something to read.
    pub read_supported: bool,
    /// Whether there is something to change.
    pub write_supported: bool,
}
