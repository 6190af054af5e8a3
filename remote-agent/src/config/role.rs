//! What an agent does.

use std::collections::BTreeSet;
use std::str::FromStr;

use thiserror::Error;

/// One thing that an agent does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Obeys the federation, answers the webhook, keeps events, serves REST.
    Controller,
    /// Enforces on one node.
    Enforcer,
    /// Scans images.
    Scanner,
}

impl Role {
    /// The name in flags and on the link.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Controller => "controller",
            Self::Enforcer => "enforcer",
            Self::Scanner => "scanner",
        }
    }
}

/// A set of roles, never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

/// A text that is not a list of roles.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a list of roles: {0:?} (controller, enforcer and scanner, with commas between)")]
pub struct NotRoles(String);

impl Default for Roles {
    fn default() -> Self {
        Self(BTreeSet::from([Role::Controller]))
    }
}

impl Roles {
    /// Whether `role` is one of them.
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// Whether `role` is the only one.
    pub fn only(&self, role: Role) -> bool {
        self.0.len() == 1 && self.has(role)
    }

    /// Their names.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|role| role.as_str().to_owned()).collect()
    }
}

impl FromStr for Roles {
    type Err = NotRoles;

    fn from_str(text: &str) -> Result<Self, NotRoles> {
        text.split(',')
            .map(|name| match name.trim() {
                "controller" => Ok(Role::Controller),
                "enforcer" => Ok(Role::Enforcer),
                "scanner" => Ok(Role::Scanner),
                other => Err(NotRoles(other.to_owned())),
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}
