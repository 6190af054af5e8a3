//! From the groups of a directory to roles.

use std::borrow::Cow;
use std::collections::HashSet;

use palisade_identity::{AccessScope, Role, RoleName, Roles};
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

    /// The same as NeuVector keeps it: groups with a role of the federation come first,
    /// so that no other group stands before it; one that gives nothing is not mapped.
    #[must_use]
    pub fn arranged(mut self) -> Self {
        let federal = |mapped: &GroupRoles| {
            matches!(mapped.roles.global().reserved(), Some(Role::FedAdmin | Role::FedReader))
        };
        self.group_mapped_roles.retain(|mapped| !mapped.roles.is_nothing());
        self.group_mapped_roles.sort_by_key(|mapped| !federal(mapped));
        self
    }

    /// All that it gives to somebody.
    pub fn given(&self) -> impl Iterator<Item = Roles> {
        std::iter::once(self.default_roles())
            .chain(self.group_mapped_roles.iter().map(|mapped| mapped.roles.clone()))
    }
}

#[cfg(test)]
mod tests {
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
    fn groups_with_a_role_of_the_federation_come_first_and_those_with_none_go() {
        let group =
            |(name, role): (&str, Role)| GroupRoles { group: name.to_owned(), roles: role.into() };
        let given = [
            ("a", Role::Reader),
            ("b", Role::None),
            ("c", Role::FedReader),
            ("d", Role::Admin),
            ("e", Role::FedAdmin),
        ];
        let mapping = Mapping { group_mapped_roles: given.map(group).into(), ..mapping() };
        let arranged = mapping.arranged();
        let names = arranged.group_mapped_roles.iter().map(|mapped| mapped.group.as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["c", "e", "a", "d"]);
    }

    #[test]
    fn letter_case_matters_where_it_does() {
        assert_eq!(role(&["admins"], GroupCase::Ignored), Role::Admin.into());
        assert_eq!(role(&["admins"], GroupCase::Matters), Role::Reader.into());
    }
}
