//! The name of a role: a reserved one, or one that an administrator made.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::role::Role;

/// Longest name of a custom role, in characters.
const MAX_NAME: usize = 64;

/// The name of a role that may or may not exist.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RoleName {
    /// A reserved role.
    Reserved(Role),
    /// A role that an administrator made.
    Custom(CustomRoleName),
}

/// The name of a role that an administrator made: never that of a reserved
/// one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomRoleName(String);

/// A text that cannot name a role.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RoleNameError {
    /// Other characters, or too long.
    #[error(
        "a role's name has 1 to {MAX_NAME} letters, digits, '.', ':', '_' or '-' and begins with \
         a letter or digit; {0:?} is none"
    )]
    Invalid(String),
    /// A name that a custom role cannot have.
    #[error("the role name {0:?} is reserved")]
    Reserved(String),
}

impl RoleName {
    /// No role.
    pub const NONE: Self = Self::Reserved(Role::None);

    /// The name, empty for none.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Reserved(role) => role.as_str(),
            Self::Custom(name) => name.as_str(),
        }
    }

    /// The reserved role, if it is one.
    pub const fn reserved(&self) -> Option<Role> {
        match self {
            Self::Reserved(role) => Some(*role),
            Self::Custom(_) => None,
        }
    }
}

impl CustomRoleName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CustomRoleName {
    type Err = RoleNameError;

    fn from_str(text: &str) -> Result<Self, RoleNameError> {
        let shown = || text.chars().take(MAX_NAME).collect();
        if text.parse::<Role>().is_ok() || text.eq_ignore_ascii_case("none") {
            return Err(RoleNameError::Reserved(shown()));
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '_' | '-');
        let valid = text.len() <= MAX_NAME
            && text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.chars().all(fits);
        if valid { Ok(Self(text.to_owned())) } else { Err(RoleNameError::Invalid(shown())) }
    }
}

impl FromStr for RoleName {
    type Err = RoleNameError;

    fn from_str(text: &str) -> Result<Self, RoleNameError> {
        match text.parse::<Role>() {
            Ok(role) => Ok(Self::Reserved(role)),
            Err(_) => text.parse().map(Self::Custom),
        }
    }
}

impl TryFrom<String> for RoleName {
    type Error = RoleNameError;

    fn try_from(text: String) -> Result<Self, RoleNameError> {
        text.parse()
    }
}

impl From<RoleName> for String {
    fn from(name: RoleName) -> Self {
        name.as_str().to_owned()
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        Self::Reserved(role)
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(RoleName::Reserved(role)));
            assert!(role.as_str().parse::<CustomRoleName>().is_err());
        }
        for name in ["auditor", "team:a", "a.b-c_d", "7"] {
            assert_eq!(name.parse::<RoleName>().unwrap().as_str(), name);
        }
        for name in [" ", "-a", ":a", "a b", "a/b", "none", "NONE", "é", &"x".repeat(65)] {
            assert!(name.parse::<RoleName>().is_err(), "{name}");
        }
    }
}
