//! A set of permissions: what a role holds.

use thiserror::Error;

use crate::permission::{
    Access, Bits, NAMESPACE_READ, NAMESPACE_WRITE, Permission, SCOPE_READ, SCOPE_WRITE,
};

/// What reserved roles hold and no custom role is given. Clients that copy a role send
/// it along, as NeuVector passes it over.
const PASSED_OVER: [&str; 4] = ["fed", "nv_resource", "ibmsa", "cloud"];

/// What may be read and what may be changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PermissionSet {
    read: Bits,
    write: Bits,
}

/// One permission of a role, as clients write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted<T> {
    /// The permission, or its id.
    pub permission: T,
    /// For reading.
    pub read: bool,
    /// For changing.
    pub write: bool,
}

/// Permissions that make no custom role.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PermissionSetError {
    /// No such id, or one that is a part of others.
    #[error("no custom role can hold the permission {0:?}")]
    Unknown(String),
    /// The same id twice.
    #[error("the permission {0:?} stands there twice")]
    Duplicate(String),
    /// An access that the permission does not have.
    #[error("the permission {id:?} is not for {access}")]
    WrongAccess {
        /// The permission.
        id: String,
        /// What was wanted.
        access: &'static str,
    },
    /// Nothing at all.
    #[error("a role holds one permission at least")]
    Empty,
}

impl PermissionSet {
    /// Nothing.
    pub const EMPTY: Self = Self::new(0, 0);

    pub(crate) const fn new(read: Bits, write: Bits) -> Self {
        Self { read, write }
    }

    /// The set that a custom role is given. Who may change may also look,
    /// where there is something to look at.
    pub fn of_custom_role<'a>(
        granted: impl IntoIterator<Item = Granted<&'a str>>,
    ) -> Result<Self, PermissionSetError> {
        let mut seen = Vec::new();
        let mut set = Self::EMPTY;
        for Granted { permission: id, read, write } in granted {
            if PASSED_OVER.contains(&id) {
                continue;
            }
            let text = || id.chars().take(64).collect::<String>();
            let unknown = || PermissionSetError::Unknown(text());
            let permission = Permission::from_id(id).ok_or_else(unknown)?;
            let grantable = permission.grantable().ok_or_else(unknown)?;
            if seen.contains(&permission) {
                return Err(PermissionSetError::Duplicate(text()));
            }
            seen.push(permission);
            let wrong = |access| PermissionSetError::WrongAccess { id: text(), access };
            if read && !grantable.read {
                return Err(wrong("reading"));
            }
            if write && !grantable.write {
                return Err(wrong("changing"));
            }
            if read || (write && grantable.read) {
                set.read |= permission.bits();
            }
            if write {
                set.write |= permission.bits();
            }
        }
        if set.is_empty() { Err(PermissionSetError::Empty) } else { Ok(set) }
    }

    /// Whether it holds `permission` for `access`.
    pub const fn holds(self, permission: Permission, access: Access) -> bool {
        let bits = match access {
            Access::Read => self.read,
            Access::Write => self.write,
        };
        bits & permission.bits() == permission.bits()
    }

    /// Whether it holds everything that `other` does.
    pub const fn covers(self, other: Self) -> bool {
        self.read & other.read == other.read && self.write & other.write == other.write
    }

    /// Whether it holds nothing.
    pub const fn is_empty(self) -> bool {
        self.read == 0 && self.write == 0
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self::new(self.read | other.read, self.write | other.write)
    }

    /// What it is worth within a namespace.
    #[must_use]
    pub const fn within_namespace(self) -> Self {
        Self::new(self.read & NAMESPACE_READ, self.write & NAMESPACE_WRITE)
    }

    /// What it is worth where it does not reach everything.
    #[must_use]
    pub const fn within_scope(self) -> Self {
        Self::new(self.read & SCOPE_READ, self.write & SCOPE_WRITE)
    }

    /// The permissions that users know, as far as they are held.
    pub fn listed(self) -> impl Iterator<Item = Granted<Permission>> {
        Permission::listed()
            .map(move |permission| Granted {
                permission,
                read: self.holds(permission, Access::Read),
                write: self.holds(permission, Access::Write),
            })
            .filter(|granted| granted.read || granted.write)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    fn set(granted: &[(&str, bool, bool)]) -> Result<PermissionSet, PermissionSetError> {
        PermissionSet::of_custom_role(granted.iter().map(|&(permission, read, write)| Granted {
            permission,
            read,
            write,
        }))
    }

    #[test]
    fn who_may_change_may_look() {
        let set = set(&[("reg_scan", false, true), ("ci_scan", false, true)]).unwrap();
        assert!(set.holds(Permission::RegScan, Access::Read));
        assert!(set.holds(Permission::CiScan, Access::Write));
        assert!(!set.holds(Permission::CiScan, Access::Read));
    }

    #[test]
    fn a_sum_holds_its_parts_but_two_parts_are_not_the_sum() {
        let policy = set(&[("rt_policy", true, false)]).unwrap();
        assert!(policy.holds(Permission::Group, Access::Read));
        assert!(!policy.holds(Permission::RtScan, Access::Read));
    }

    #[test]
    fn what_makes_no_role() {
        use PermissionSetError::{Duplicate, Empty, Unknown, WrongAccess};
        type Given = &'static [(&'static str, bool, bool)];
        let refused: &[(Given, PermissionSetError)] = &[
            (&[], Empty),
            (&[("config", false, false)], Empty),
            (&[("fed", true, true), ("nv_resource", true, false)], Empty),
            (&[("group_basic", true, false)], Unknown("group_basic".into())),
            (&[("root", true, true)], Unknown("root".into())),
            (&[("events", true, false), ("events", true, false)], Duplicate("events".into())),
            (&[("events", false, true)], WrongAccess { id: "events".into(), access: "changing" }),
            (&[("ci_scan", true, true)], WrongAccess { id: "ci_scan".into(), access: "reading" }),
        ];
        for (granted, error) in refused {
            assert_eq!(set(granted).as_ref(), Err(error), "{granted:?}");
        }
    }

    #[test]
    fn within_a_namespace_nothing_of_the_whole_system_is_left() {
        let admin = Role::FedAdmin.permissions().within_namespace();
        for permission in Permission::ALL {
            let elsewhere = permission.grantable().is_none_or(|g| !g.in_namespaces)
                && !matches!(
                    permission,
                    Permission::Group | Permission::Workload | Permission::Infra
                );
            if elsewhere {
                assert!(!admin.holds(*permission, Access::Read), "{permission}");
                assert!(!admin.holds(*permission, Access::Write), "{permission}");
            }
        }
        assert!(admin.holds(Permission::Config, Access::Read));
        assert!(!admin.holds(Permission::Config, Access::Write));
    }
}
