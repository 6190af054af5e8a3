//! From the groups of a directory to roles.

use std::borrow::Cow;
use std::collections::HashSet;

use palisade_identity::{AccessScope, RoleName, Roles};
use serde::{Deserialize, Serialize};

/// Which roles the users of a directory have: those of the first group in
/// order that they are in, else the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// For users in none of the groups.
    pub default_role: RoleName,
    /// The groups, the most important first.
    pub group_mapped_roles: Vec<GroupRoles>,
}

/// The roles of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRoles {
    /// The group's name.
    pub group: String,
    /// Its roles.
    #[serde(flatten)]
    pub roles: Roles,
}

/// Whether `Admins` and `admins` are one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupCase {
    /// They are, as in LDAP.
    Ignored,
    /// They are not, as in claims of OpenID Connect.
    Matters,
}

impl GroupCase {
    /// A name as it is compared.
    fn compared(self, name: &str) -> Cow<'_, str> {
        match self {
            Self::Matters => Cow::Borrowed(name),
            Self::Ignored => Cow::Owned(name.to_lowercase()),
        }
    }
}

impl Mapping {
    /// The roles of a user who is in `groups`.
    pub fn roles(&self, groups: &[String], case: GroupCase) -> Roles {
        // Both lists may be long.
        let groups: HashSet<_> = groups.iter().map(|group| case.compared(group)).collect();
        self.group_mapped_roles
            .iter()
            .find(|mapped| groups.contains(&*case.compared(&mapped.group)))
            .map_or_else(|| self.default_roles(), |mapped| mapped.roles.clone())
    }

    /// What the global role of a group is limited to.
    pub fn scope_of(&self, group: &str) -> Option<&AccessScope> {
        let mapped = self.group_mapped_roles.iter().find(|mapped| mapped.group == group)?;
        mapped.roles.scope()
    }

    /// The roles of users in none of the groups.
    pub fn default_roles(&self) -> Roles {
        Roles::everywhere(self.default_role.clone())
    }

    /// All that it gives to somebody.
    pub fn given(&self) -> impl Iterator<Item = Roles> {
        std::iter::once(self.default_roles())
            .chain(self.group_mapped_roles.iter().map(|mapped| mapped.roles.clone()))
    }
}

#[cfg(test)]
mod tests {
    use palisade_identity::Role;

    use super::*;

    fn mapping() -> Mapping {
        let mapped =
            |group: &str, role: Role| GroupRoles { group: group.to_owned(), roles: role.into() };
        Mapping {
            default_role: Role::Reader.into(),
            group_mapped_roles: vec![mapped("Ops", Role::Ciops), mapped("Admins", Role::Admin)],
        }
    }

    fn role(groups: &[&str], case: GroupCase) -> Roles {
        let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
        mapping().roles(&groups, case)
    }

    #[test]
    fn the_first_group_in_the_mappings_order_decides() {
        assert_eq!(role(&["Admins", "Ops"], GroupCase::Matters), Role::Ciops.into());
        assert_eq!(role(&["Admins"], GroupCase::Matters), Role::Admin.into());
        assert_eq!(role(&["others"], GroupCase::Matters), Role::Reader.into());
        assert_eq!(role(&[], GroupCase::Matters), Role::Reader.into());
    }

    #[test]
    fn letter_case_matters_where_it_does() {
        assert_eq!(role(&["admins"], GroupCase::Ignored), Role::Admin.into());
        assert_eq!(role(&["admins"], GroupCase::Matters), Role::Reader.into());
    }
}
