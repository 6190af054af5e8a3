//! Permissions as login answers list them.

use palisade_api::rest::auth::RolePermission;
use palisade_identity::{Access, Permission, Role};

/// What `role` may do everywhere.
pub(in crate::http) fn global_permissions(role: Role) -> Vec<RolePermission> {
    Permission::listed()
        .map(|permission| RolePermission {
            id: permission.id().to_owned(),
            read: role.allows(permission, Access::Read),
            write: role.allows(permission, Access::Write),
        })
        .filter(|permission| permission.read || permission.write)
        .collect()
}
