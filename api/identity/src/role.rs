//! The reserved roles and what they may do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::permission::{Access, Bits, CI_ONLY, FED_ONLY, LOCAL_READ, LOCAL_WRITE, Permission};
use crate::permission_set::PermissionSet;

/// A reserved role. In JSON and SQL the text of [`Role::as_str`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Role {
    /// All, the federation included.
    FedAdmin,
    /// Reads all, the federation included.
    FedReader,
    /// All of the own cluster.
    Admin,
    /// Reads all of the own cluster.
    Reader,
    /// Asks for scans of images, sees nothing else.
    Ciops,
    /// Nothing globally; written as the empty text.
    None,
}

/// A text that names no role.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("no role is called {0:?}: fedAdmin, fedReader, admin, reader, ciops or empty")]
pub struct NotARole(String);

impl Role {
    /// Every reserved role.
    pub const ALL: [Self; 6] =
        [Self::FedAdmin, Self::FedReader, Self::Admin, Self::Reader, Self::Ciops, Self::None];

    /// The role's name, empty for [`Role::None`].
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FedAdmin => "fedAdmin",
            Self::FedReader => "fedReader",
            Self::Admin => "admin",
            Self::Reader => "reader",
            Self::Ciops => "ciops",
            Self::None => "",
        }
    }

    const fn bits(self, access: Access) -> Bits {
        match (self, access) {
            (Self::FedAdmin | Self::FedReader, Access::Read) => LOCAL_READ | FED_ONLY,
            (Self::FedAdmin, Access::Write) => LOCAL_WRITE | FED_ONLY,
            (Self::Admin | Self::Reader, Access::Read) => LOCAL_READ,
            (Self::Admin, Access::Write) => LOCAL_WRITE,
            (Self::Ciops, Access::Write) => CI_ONLY,
            (Self::FedReader | Self::Reader | Self::None, Access::Write)
            | (Self::Ciops | Self::None, Access::Read) => 0,
        }
    }

    /// What the role may do.
    pub const fn permissions(self) -> PermissionSet {
        PermissionSet::new(self.bits(Access::Read), self.bits(Access::Write))
    }

    /// Whether the role holds `permission` for `access`.
    pub const fn allows(self, permission: Permission, access: Access) -> bool {
        self.permissions().holds(permission, access)
    }

    /// Whether the role may change everything of the own cluster.
    pub const fn is_administrator(self) -> bool {
        matches!(self, Self::FedAdmin | Self::Admin)
    }

    /// The role that a holder of `self` has on a remote cluster when a call is
    /// forwarded there; nothing for roles without the federation.
    pub const fn on_remote(self) -> Option<Self> {
        match self {
            Self::FedAdmin => Some(Self::Admin),
            Self::FedReader => Some(Self::Reader),
            Self::Admin | Self::Reader | Self::Ciops | Self::None => None,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Self, NotARole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| NotARole(text.chars().take(64).collect()))
    }
}

impl TryFrom<String> for Role {
    type Error = NotARole;

    fn try_from(text: String) -> Result<Self, NotARole> {
        text.parse()
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        role.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_federated_roles_hold_the_federation() {
        for role in Role::ALL {
            let federated = matches!(role, Role::FedAdmin | Role::FedReader);
            assert_eq!(role.allows(Permission::Fed, Access::Read), federated, "{role:?}");
            assert_eq!(
                role.allows(Permission::Fed, Access::Write),
                role == Role::FedAdmin,
                "{role:?}"
            );
        }
    }

    #[test]
    fn readers_write_nothing_and_ciops_only_asks_for_scans() {
        for permission in Permission::ALL {
            assert!(!Role::Reader.allows(*permission, Access::Write), "{permission}");
            assert!(!Role::FedReader.allows(*permission, Access::Write), "{permission}");
            assert!(!Role::Ciops.allows(*permission, Access::Read), "{permission}");
            assert_eq!(
                Role::Ciops.allows(*permission, Access::Write),
                *permission == Permission::CiScan,
                "{permission}"
            );
            assert!(!Role::None.allows(*permission, Access::Read), "{permission}");
        }
    }

    #[test]
    fn a_role_survives_its_text() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>(), Ok(role));
        }
        assert!("root".parse::<Role>().is_err());
    }
}
