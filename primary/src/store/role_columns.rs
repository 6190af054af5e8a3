//! Roles as rows of users and API keys keep them.

use std::collections::{BTreeMap, BTreeSet};

use palisade_identity::roles::ScopedRole;
use palisade_identity::{Namespace, RoleName, Roles};

use super::{Result, StoreError};

/// The columns of roles.
#[derive(Clone, Debug)]
pub(super) struct RoleColumns {
    /// The global role; empty beside one that has a scope.
    pub(super) role: String,
    /// Roles in namespaces, as JSON.
    pub(super) domains: String,
    /// The global role with its scope, as JSON.
    pub(super) scoped: Option<String>,
}

impl RoleColumns {
    /// The columns that `roles` go into.
    pub(super) fn of(roles: &Roles) -> Result<Self> {
        let wrong = |error| StoreError::inconsistent("user", error);
        let scoped = roles.scoped();
        let role = if scoped.is_some() { "" } else { roles.global().as_str() };
        Ok(Self {
            role: role.to_owned(),
            domains: serde_json::to_string(roles.domains()).map_err(wrong)?,
            scoped: scoped
                .map(|scoped| serde_json::to_string(&scoped))
                .transpose()
                .map_err(wrong)?,
        })
    }

    /// The roles that a row of `table` has.
    pub(super) fn read(&self, table: &'static str) -> Result<Roles> {
        let wrong = |error: &dyn std::fmt::Display| StoreError::inconsistent(table, error);
        let domains: BTreeMap<RoleName, BTreeSet<Namespace>> =
            serde_json::from_str(&self.domains).map_err(|error| wrong(&error))?;
        let scoped: Option<ScopedRole> = self
            .scoped
            .as_deref()
            .map(serde_json::from_str)
            .transpose()
            .map_err(|error| wrong(&error))?;
        let (global, scope) = match scoped {
            Some(ScopedRole { role, scope }) => (role, Some(scope)),
            None => (self.role.parse().map_err(|error| wrong(&error))?, None),
        };
        let roles = Roles::new(global, domains).map_err(|error| wrong(&error))?;
        roles.within(scope).map_err(|error| wrong(&error))
    }
}
