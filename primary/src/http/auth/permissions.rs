//! Permissions as answers list them.

use std::collections::BTreeMap;

use palisade_api::rest::auth::RolePermission;
use palisade_identity::{PermissionSet, Rights};

/// What a set holds.
pub(in crate::http) fn permissions(set: PermissionSet) -> Vec<RolePermission> {
    set.listed()
        .map(|granted| RolePermission {
            id: granted.permission.id().to_owned(),
            read: granted.read,
            write: granted.write,
        })
        .collect()
}

/// What may be done in single namespaces.
pub(in crate::http) fn domain_permissions(
    rights: &Rights,
) -> BTreeMap<String, Vec<RolePermission>> {
    rights.namespaces().iter().map(|(name, set)| (name.to_string(), permissions(*set))).collect()
}
