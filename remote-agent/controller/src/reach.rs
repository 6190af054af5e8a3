//! How far a call reaches: the whole cluster, or some of its namespaces.

use palisade_api::rest::event::{Audit, Event};
use palisade_identity::{Access, Caller, Namespace, Permission, Required, Rights};
use palisade_policy::group::{Group, GroupKind};
use palisade_policy::network_rule::NetworkRule;
use palisade_policy::response_rule::ResponseRule;

use crate::in_force::Owned;

/// How far a call reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All of the cluster.
    Cluster,
    /// The namespaces in which its caller holds what it needs.
    Namespaces(Within),
}

/// The namespaces in which a call's caller holds what the call needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Within {
    rights: Rights,
    /// None where the call needs no permission: it is about no namespace.
    permission: Option<Permission>,
    access: Access,
}

impl Within {
    /// Whether a namespace is among them, or all that a pattern stands for. What is in
    /// no namespace is in none of them.
    pub(crate) fn has(&self, namespace: &str) -> bool {
        let (Some(permission), Ok(namespace)) = (self.permission, namespace.parse::<Namespace>())
        else {
            return false;
        };
        self.rights.may_in(&namespace, permission, self.access)
    }

    /// Whether the members of a group are in them.
    pub(crate) fn has_group(&self, group: &Group) -> bool {
        let namespaces = group.namespaces();
        namespaces.is_some_and(|all| all.iter().all(|namespace| self.has(namespace)))
    }
}

impl Reach {
    /// How far a call of `caller` reaches that needs what is `required`.
    pub(crate) fn of(caller: &Caller, required: Required) -> Self {
        if !caller.rights.are_of_namespaces() {
            return Self::Cluster;
        }
        Self::Namespaces(Within {
            rights: caller.rights.clone(),
            permission: required.permission(),
            access: required.access,
        })
    }

    /// Whether all of the cluster is within.
    pub(crate) fn is_whole(&self) -> bool {
        *self == Self::Cluster
    }

    /// Whether what is in a namespace is within.
    pub(crate) fn has(&self, namespace: &str) -> bool {
        self.judge(|within| within.has(namespace))
    }

    /// Whether a group is within.
    pub(crate) fn has_group(&self, group: &Group) -> bool {
        self.judge(|within| within.has_group(group))
    }

    /// Whether a group is shown. Addresses are nobody's, and seen by all.
    pub(crate) fn shows_group(&self, group: &Group) -> bool {
        self.has_group(group) || group.kind() == GroupKind::Address
    }

    /// Whether a network rule is shown: one of its ends is within.
    pub(crate) fn shows_network_rule(&self, objects: &Owned, rule: &NetworkRule) -> bool {
        self.has_named(objects, &rule.from) || self.has_named(objects, &rule.to)
    }

    /// Whether a network rule may be changed: both of its ends are within.
    pub(crate) fn has_network_rule(&self, objects: &Owned, rule: &NetworkRule) -> bool {
        self.has_named(objects, &rule.from) && self.has_named(objects, &rule.to)
    }

    /// Whether a response rule is within: it is about a group that is.
    pub(crate) fn has_response_rule(&self, objects: &Owned, rule: &ResponseRule) -> bool {
        self.has_named(objects, &rule.group)
    }

    /// Whether the group of a name is within, where there is one; others are ends of
    /// rules that no namespace has.
    pub(crate) fn has_named(&self, objects: &Owned, group: &str) -> bool {
        self.judge(|within| {
            let group = objects.find(|set| set.groups.get(group));
            group.is_some_and(|group| within.has_group(group))
        })
    }

    fn judge(&self, judge: impl FnOnce(&Within) -> bool) -> bool {
        match self {
            Self::Cluster => true,
            Self::Namespaces(within) => judge(within),
        }
    }
}

/// A record that may be of a namespace.
pub(crate) trait OfNamespace {
    /// The namespace; empty where it is of none.
    fn namespace(&self) -> &str;
}

impl OfNamespace for Audit {
    fn namespace(&self) -> &str {
        &self.workload_domain
    }
}

impl OfNamespace for Event {
    fn namespace(&self) -> &str {
        &self.workload_domain
    }
}

#[cfg(test)]
mod tests {
    use palisade_api::rest::group::{CriteriaEntry, GroupConfig};
    use palisade_identity::{Role, Roles, route_access};
    use palisade_policy::CfgType;

    use super::*;

    fn reach(method: &str, path: &str) -> Reach {
        let roles = [("admin", "shop"), ("reader", "team-*")];
        let roles = roles.map(|(role, namespace)| (role.to_owned(), vec![namespace.to_owned()]));
        let roles = Roles::parse("", &roles.into()).unwrap();
        let caller = Caller::forwarded_within("mary", &roles);
        Reach::of(&caller, route_access::required(method, path))
    }

    fn group(key: &str, value: &str) -> Group {
        let criterion =
            CriteriaEntry { key: key.to_owned(), value: value.to_owned(), op: "=".to_owned() };
        let config = GroupConfig {
            name: "g".to_owned(),
            criteria: Some(vec![criterion]),
            ..GroupConfig::default()
        };
        Group::create(config, CfgType::UserCreated).unwrap()
    }

    #[test]
    fn a_role_in_a_namespace_reaches_that_namespace() {
        let read = reach("GET", "/v1/group");
        for (namespace, within) in
            [("shop", true), ("team-a", true), ("shop-b", false), ("", false), ("a b", false)]
        {
            assert_eq!(read.has(namespace), within, "{namespace:?}");
        }
        let write = reach("PATCH", "/v1/group/g");
        assert!(write.has("shop") && !write.has("team-a"));
        // What needs no permission is about nobody's namespace.
        assert!(!reach("GET", "/v1/selfuser").has("shop"));
        let admin = Caller::forwarded("ann", Role::Admin);
        let everywhere = Reach::of(&admin, route_access::required("GET", "/v1/group"));
        assert!(everywhere.is_whole() && everywhere.has("") && everywhere.has("bank"));
    }

    #[test]
    fn a_group_is_within_where_its_criteria_keep_it_there() {
        let read = reach("GET", "/v1/group");
        for (key, value, within, shown) in [
            ("domain", "shop", true, true),
            ("namespace", "team-b*", true, true),
            ("domain", "team*", false, false),
            ("domain", "bank", false, false),
            ("service", "shop", false, false),
            ("address", "10.0.0.1", false, true),
        ] {
            let group = group(key, value);
            assert_eq!(read.has_group(&group), within, "{key}={value}");
            assert_eq!(read.shows_group(&group), shown, "{key}={value}");
        }
    }
}
