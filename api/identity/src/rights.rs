//! What somebody may do: everywhere or within a scope, and in single namespaces.

use std::collections::{BTreeMap, BTreeSet};

use palisade_api::ClusterId;

use crate::access_scope::AccessScope;
use crate::namespace::Namespace;
use crate::permission::{Access, Permission};
use crate::permission_set::PermissionSet;
use crate::role::Role;
use crate::role_name::RoleName;
use crate::roles::Roles;

/// What somebody may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    global: PermissionSet,
    scope: Option<AccessScope>,
    namespaces: BTreeMap<Namespace, PermissionSet>,
}

impl From<Role> for Rights {
    fn from(role: Role) -> Self {
        Self { global: role.permissions(), scope: None, namespaces: BTreeMap::new() }
    }
}

impl Rights {
    /// What `roles` amount to. `custom` tells what a custom role holds; a role
    /// that does not exist any more holds nothing.
    pub fn of(roles: &Roles, custom: &BTreeMap<String, PermissionSet>) -> Self {
        let held = |name: &RoleName| match name {
            RoleName::Reserved(role) => role.permissions(),
            RoleName::Custom(name) => custom.get(name.as_str()).copied().unwrap_or_default(),
        };
        let namespaces = roles
            .domains()
            .iter()
            .flat_map(|(role, namespaces)| {
                let set = held(role).within_namespace();
                namespaces.iter().map(move |namespace| (namespace.clone(), set))
            })
            .filter(|(_, set)| !set.is_empty())
            .collect();
        let global = held(roles.global());
        let scope = roles.scope().cloned();
        let global = if scope.is_some() { global.within_scope() } else { global };
        Self { global, scope, namespaces }
    }

    /// What is held everywhere.
    pub const fn global(&self) -> PermissionSet {
        self.global
    }

    /// What that is limited to; none: nothing.
    pub const fn scope(&self) -> Option<&AccessScope> {
        self.scope.as_ref()
    }

    /// What is held in single namespaces.
    pub fn namespaces(&self) -> &BTreeMap<Namespace, PermissionSet> {
        &self.namespaces
    }

    /// Whether `permission` is held everywhere.
    pub const fn may(&self, permission: Permission, access: Access) -> bool {
        self.global.holds(permission, access)
    }

    /// Whether `permission` is held in `namespace`.
    pub fn may_in(&self, namespace: &Namespace, permission: Permission, access: Access) -> bool {
        self.within(namespace).holds(permission, access)
    }

    /// Whether `permission` is held everywhere or in some namespace.
    pub fn may_somewhere(&self, permission: Permission, access: Access) -> bool {
        self.may(permission, access)
            || self.namespaces.values().any(|set| set.holds(permission, access))
    }

    /// Whether nothing is held but in some namespaces.
    pub fn are_of_namespaces(&self) -> bool {
        self.global.is_empty() && !self.namespaces.is_empty()
    }

    /// What is left without the role that is held everywhere.
    #[must_use]
    pub fn in_namespaces(&self) -> Self {
        Self { namespaces: self.namespaces.clone(), ..Self::default() }
    }

    /// What roles that do not read the federation amount to where lists of the fleet are
    /// told: to reading it of the `primary` itself and of its `home` cluster, or of the
    /// latter in the namespaces in which all of `permissions` are held. A scope says itself
    /// which clusters that is of. None where they are held nowhere.
    pub fn of_fleet(
        &self,
        primary: ClusterId,
        home: ClusterId,
        permissions: &[Permission],
    ) -> Option<Self> {
        let reads = |set: &PermissionSet| permissions.iter().all(|p| set.holds(*p, Access::Read));
        let everywhere = reads(&self.global);
        let namespaces = self.namespaces.iter().filter(|&(_, set)| !everywhere && reads(set));
        let namespaces: BTreeSet<Namespace> = namespaces.map(|(name, _)| name.clone()).collect();
        if namespaces.is_empty() && !everywhere {
            return None;
        }
        let scope = match &self.scope {
            Some(scope) if everywhere => scope.clone(),
            _ => {
                // What happened at the primary is of no namespace.
                let clusters: BTreeSet<ClusterId> =
                    if everywhere { [home, primary].into() } else { [home].into() };
                AccessScope::new(None, clusters, namespaces).ok()??
            }
        };
        let bits = permissions.iter().fold(Permission::Fed.bits(), |sum, one| sum | one.bits());
        let global = PermissionSet::new(bits, 0);
        Some(Self { global, scope: Some(scope), namespaces: BTreeMap::new() })
    }

    /// Whether a holder has all that `other` gives.
    pub fn covers(&self, other: &Self) -> bool {
        self.scope_covers(other)
            && self.global.covers(other.global)
            && other.namespaces.iter().all(|(namespace, set)| self.within(namespace).covers(*set))
    }

    fn scope_covers(&self, other: &Self) -> bool {
        self.scope
            .as_ref()
            .is_none_or(|own| other.scope.as_ref().is_some_and(|other| own.covers(other)))
    }

    fn within(&self, namespace: &Namespace) -> PermissionSet {
        self.namespaces
            .iter()
            .filter(|(own, _)| own.covers(namespace))
            .fold(self.global.within_namespace(), |sum, (_, set)| sum.union(*set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_scope::ScopeClusters;

    fn rights(global: &str, domains: &[(&str, &str)]) -> Rights {
        let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (role, namespace) in domains {
            map.entry((*role).to_owned()).or_default().push((*namespace).to_owned());
        }
        Rights::of(&Roles::parse(global, &map).unwrap(), &BTreeMap::new())
    }

    #[test]
    fn a_namespaces_admin_rules_there_and_nowhere_else() {
        let rights = rights("", &[("admin", "team-*"), ("reader", "shop")]);
        let may = |namespace: &str, access| {
            rights.may_in(&namespace.parse().unwrap(), Permission::RtPolicy, access)
        };
        assert!(may("team-a", Access::Write));
        assert!(may("shop", Access::Read));
        assert!(!may("shop", Access::Write));
        assert!(!may("other", Access::Read));
        assert!(!rights.may(Permission::RtPolicy, Access::Read));
        assert!(rights.may_somewhere(Permission::Authorization, Access::Write));
        assert!(!rights.may_somewhere(Permission::Admctrl, Access::Read));
    }

    #[test]
    fn nobody_covers_more_than_they_have() {
        let admin = rights("admin", &[]);
        let team = rights("", &[("admin", "team-*")]);
        assert!(admin.covers(&team));
        assert!(!team.covers(&admin));
        assert!(team.covers(&rights("", &[("reader", "team-a"), ("admin", "team-b*")])));
        assert!(!team.covers(&rights("", &[("reader", "*")])));
        assert!(!rights("reader", &[]).covers(&team));
        assert!(rights("reader", &[]).covers(&rights("", &[("reader", "x")])));
    }

    #[test]
    fn a_scope_is_no_more_than_the_whole() {
        let within = |json: &str| {
            let roles = Roles::everywhere("fedAdmin".parse().unwrap());
            let roles = roles.within(Some(serde_json::from_str(json).unwrap())).unwrap();
            Rights::of(&roles, &BTreeMap::new())
        };
        let prod = within(r#"{"cluster_selector":{"matchLabels":{"env":"prod"}}}"#);
        let everywhere = rights("fedAdmin", &[]);
        assert!(everywhere.covers(&prod) && prod.covers(&prod));
        assert!(!prod.covers(&everywhere));
        assert!(!prod.covers(&within(r#"{"cluster_selector":{"matchLabels":{"env":"test"}}}"#)));
        // Users, keys and directories are nobody's cluster's.
        assert!(!prod.may(Permission::Authorization, Access::Read));
        assert!(!prod.may(Permission::Authentication, Access::Read));
        assert!(prod.may(Permission::Fed, Access::Write));
        assert!(!rights("admin", &[]).covers(&prod));
    }

    #[test]
    fn of_the_fleet_a_namespaces_role_reads_its_namespaces_in_one_cluster() {
        let [home, primary] = [1, 2].map(|id| ClusterId::from_uuid(uuid::Uuid::from_u128(id)));
        let custom = [("rules".to_owned(), PermissionSet::new(Permission::RtPolicy.bits(), 0))];
        let domains: BTreeMap<String, Vec<String>> = [("reader", "shop"), ("rules", "bank")]
            .map(|(role, namespace)| (role.to_owned(), vec![namespace.to_owned()]))
            .into();
        let roles = Roles::parse("", &domains).unwrap();
        let rights = Rights::of(&roles, &custom.into());
        let read = rights.of_fleet(primary, home, &[Permission::Events]).unwrap();
        let scope = read.scope().unwrap();
        assert!(scope.has_namespace("shop") && !scope.has_namespace("bank"));
        assert_eq!(scope.clusters(), &ScopeClusters::Listed([home].into()));
        assert!(
            read.may(Permission::Fed, Access::Read) && read.may(Permission::Events, Access::Read)
        );
        assert!(!read.may(Permission::Fed, Access::Write));
        assert!(!read.may(Permission::Workload, Access::Read));
        assert_eq!(rights.of_fleet(primary, home, &[Permission::Fed]), None);
    }

    #[test]
    fn of_the_fleet_a_role_of_the_whole_cluster_reads_all_of_that_one() {
        let [home, primary] = [1, 2].map(|id| ClusterId::from_uuid(uuid::Uuid::from_u128(id)));
        let listed = [Permission::Workload, Permission::Events];
        let both: [&[(&str, &str)]; 2] = [&[], &[("admin", "shop")]];
        for domains in both {
            let read = rights("reader", domains).of_fleet(primary, home, &listed).unwrap();
            let scope = read.scope().unwrap();
            assert!(scope.has_whole_clusters());
            assert_eq!(scope.clusters(), &ScopeClusters::Listed([home, primary].into()));
        }
        assert_eq!(rights("ciops", &[]).of_fleet(primary, home, &listed), None);
    }

    #[test]
    fn of_the_fleet_a_custom_role_within_a_scope_reads_what_is_within() {
        let [home, primary] = [1, 2].map(|id| ClusterId::from_uuid(uuid::Uuid::from_u128(id)));
        let prod: AccessScope =
            serde_json::from_str(r#"{"cluster_selector":{"matchLabels":{"env":"prod"}}}"#).unwrap();
        let roles = Roles::everywhere("watcher".parse().unwrap()).within(Some(prod.clone()));
        let custom = ("watcher".to_owned(), PermissionSet::new(Permission::Events.bits(), 0));
        let rights = Rights::of(&roles.unwrap(), &[custom].into());
        let read = rights.of_fleet(primary, home, &[Permission::Events]).unwrap();
        assert_eq!(read.scope(), Some(&prod));
        assert_eq!(rights.of_fleet(primary, home, &[Permission::Workload]), None);
    }

    #[test]
    fn a_role_that_is_gone_holds_nothing() {
        assert_eq!(rights("gone", &[("gone", "a")]), Rights::default());
    }
}
