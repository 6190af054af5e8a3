//! The roles of one user or API key: one everywhere, or within a scope, and
//! others in single namespaces.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::access_scope::AccessScope;
use crate::namespace::{Namespace, NotANamespace};
use crate::role::Role;
use crate::role_name::{RoleName, RoleNameError};

/// Namespaces in which one may have roles: each call looks at all of them.
const MAX_NAMESPACES: usize = 1_000;

/// The roles of a user, in their one normal form: no role twice for a
/// namespace, none that the global role makes pointless.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct Roles {
    global: RoleName,
    scope: Option<AccessScope>,
    domains: BTreeMap<RoleName, BTreeSet<Namespace>>,
}

/// Roles as they are stored: the words are those of clients.
#[derive(Serialize, Deserialize)]
struct Form {
    #[serde(default)]
    global_role: RoleName,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    role_domains: BTreeMap<RoleName, BTreeSet<Namespace>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scoped_role: Option<ScopedRole>,
}

/// A role that does not reach everything. It stands apart from the global one,
/// so that a program which does not know of scopes takes it for none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopedRole {
    /// The role.
    pub role: RoleName,
    /// What it is limited to.
    #[serde(flatten)]
    pub scope: AccessScope,
}

impl TryFrom<Form> for Roles {
    type Error = RolesError;

    fn try_from(form: Form) -> Result<Self, RolesError> {
        match form.scoped_role {
            Some(ScopedRole { role, scope }) if form.global_role == RoleName::NONE => {
                Self::new(role, form.role_domains)?.within(Some(scope))
            }
            Some(_) => Err(RolesError::TwoGlobalRoles),
            None => Self::new(form.global_role, form.role_domains),
        }
    }
}

impl From<Roles> for Form {
    fn from(roles: Roles) -> Self {
        match roles.scope {
            None => {
                Self { global_role: roles.global, role_domains: roles.domains, scoped_role: None }
            }
            Some(scope) => Self {
                global_role: RoleName::NONE,
                role_domains: roles.domains,
                scoped_role: Some(ScopedRole { role: roles.global, scope }),
            },
        }
    }
}

/// Roles that nobody can have.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RolesError {
    /// No name of a role.
    #[error(transparent)]
    Name(#[from] RoleNameError),
    /// No name of a namespace.
    #[error(transparent)]
    Namespace(#[from] NotANamespace),
    /// More than anybody gives by themselves.
    #[error("roles in {MAX_NAMESPACES} namespaces at most, or give one everywhere")]
    TooManyNamespaces,
    /// A role that is only given everywhere.
    #[error("the role {0} cannot be given in a namespace")]
    NotInNamespaces(RoleName),
    /// A role that reaches no further than this cluster.
    #[error(
        "the role {0} cannot be limited to clusters: fedAdmin, fedReader and custom roles can; \
         an access_scope of {{}} takes the limit away"
    )]
    NotInClusters(RoleName),
    /// Roles in namespaces beside a scope.
    #[error(
        "the role {0} has an access_scope, and beside that there are no role_domains: leave them \
         out, or take the limit away by an access_scope of {{}}"
    )]
    ScopeAndNamespaces(RoleName),
    /// A role in a scope beside another one.
    #[error("a role in a scope stands alone")]
    TwoGlobalRoles,
    /// Two roles for one namespace.
    #[error("the namespace {namespace} has two roles, {first} and {second}")]
    TwoRoles {
        /// The namespace.
        namespace: Namespace,
        /// One of them.
        first: RoleName,
        /// The other.
        second: RoleName,
    },
}

impl Default for RoleName {
    fn default() -> Self {
        Self::NONE
    }
}

impl From<Role> for Roles {
    fn from(role: Role) -> Self {
        Self::everywhere(role.into())
    }
}

impl Roles {
    /// Reads roles as clients write them: `role` and `role_domains`.
    pub fn parse(
        global: &str,
        domains: &BTreeMap<String, Vec<String>>,
    ) -> Result<Self, RolesError> {
        if domains.values().map(Vec::len).sum::<usize>() > MAX_NAMESPACES {
            return Err(RolesError::TooManyNamespaces);
        }
        // Clients of NeuVector name roles that they give nowhere; it passes these over.
        let given = domains.iter().filter(|(_, namespaces)| !namespaces.is_empty());
        let parsed = given.map(|(role, namespaces)| {
            let namespaces =
                namespaces.iter().map(|one| one.parse()).collect::<Result<BTreeSet<_>, _>>()?;
            Ok((role.parse()?, namespaces))
        });
        Self::new(global.parse()?, parsed.collect::<Result<_, RolesError>>()?)
    }

    /// Puts roles together, in their normal form.
    pub fn new(
        global: RoleName,
        domains: BTreeMap<RoleName, BTreeSet<Namespace>>,
    ) -> Result<Self, RolesError> {
        let of_federation = |role: &&RoleName| {
            matches!(role.reserved(), Some(Role::FedAdmin | Role::FedReader | Role::None))
        };
        if let Some(role) = domains.keys().find(of_federation) {
            return Err(RolesError::NotInNamespaces(role.clone()));
        }
        let everything = global.reserved().is_some_and(Role::is_administrator);
        let domains: BTreeMap<_, _> = domains
            .into_iter()
            .filter(|(role, namespaces)| !everything && *role != global && !namespaces.is_empty())
            .collect();
        let mut taken: BTreeMap<&Namespace, &RoleName> = BTreeMap::new();
        for (role, namespaces) in &domains {
            for namespace in namespaces {
                if let Some(first) = taken.insert(namespace, role) {
                    return Err(RolesError::TwoRoles {
                        namespace: namespace.clone(),
                        first: first.clone(),
                        second: role.clone(),
                    });
                }
            }
        }
        Ok(Self { global, scope: None, domains })
    }

    /// One role, everywhere.
    pub const fn everywhere(global: RoleName) -> Self {
        Self { global, scope: None, domains: BTreeMap::new() }
    }

    /// The same within a scope, or everywhere.
    pub fn within(self, scope: Option<AccessScope>) -> Result<Self, RolesError> {
        if scope.is_some() {
            if matches!(
                self.global.reserved(),
                Some(Role::Admin | Role::Reader | Role::Ciops | Role::None)
            ) {
                return Err(RolesError::NotInClusters(self.global));
            }
            if !self.domains.is_empty() {
                return Err(RolesError::ScopeAndNamespaces(self.global));
            }
        }
        Ok(Self { scope, ..self })
    }

    /// What the global role is limited to; none: nothing.
    pub const fn scope(&self) -> Option<&AccessScope> {
        self.scope.as_ref()
    }

    /// The global role with its scope, where it has one.
    pub fn scoped(&self) -> Option<ScopedRole> {
        let scope = self.scope.clone()?;
        Some(ScopedRole { role: self.global.clone(), scope })
    }

    /// The role everywhere, or within the scope.
    pub fn global(&self) -> &RoleName {
        &self.global
    }

    /// Roles in single namespaces.
    pub fn domains(&self) -> &BTreeMap<RoleName, BTreeSet<Namespace>> {
        &self.domains
    }

    /// All names of roles in it.
    pub fn names(&self) -> impl Iterator<Item = &RoleName> {
        std::iter::once(&self.global).chain(self.domains.keys())
    }

    /// Whether it gives nothing at all.
    pub fn is_nothing(&self) -> bool {
        self.global == RoleName::NONE && self.domains.is_empty()
    }

    /// Roles in namespaces as clients read them.
    pub fn domains_as_text(&self) -> BTreeMap<String, Vec<String>> {
        let text = |(role, namespaces): (&RoleName, &BTreeSet<Namespace>)| {
            (role.to_string(), namespaces.iter().map(Namespace::to_string).collect())
        };
        self.domains.iter().map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(global: &str, domains: &[(&str, &[&str])]) -> Result<Roles, RolesError> {
        let domains = domains
            .iter()
            .map(|(role, list)| {
                ((*role).to_owned(), list.iter().map(|one| (*one).to_owned()).collect())
            })
            .collect();
        Roles::parse(global, &domains)
    }

    #[test]
    fn what_the_global_role_makes_pointless_is_left_out() {
        let admin = roles("admin", &[("reader", &["a"])]).unwrap();
        assert!(admin.domains().is_empty());
        let reader = roles("reader", &[("reader", &["a"]), ("admin", &["b", "b"])]).unwrap();
        assert_eq!(reader.domains_as_text(), [("admin".to_owned(), vec!["b".to_owned()])].into());
        // Nor is it in the way of another.
        let raised = roles("reader", &[("reader", &["a"]), ("admin", &["a"])]).unwrap();
        assert_eq!(raised.domains_as_text(), [("admin".to_owned(), vec!["a".to_owned()])].into());
    }

    #[test]
    fn a_role_in_no_namespace_is_none() {
        let given = roles("reader", &[("admin", &[]), ("fedAdmin", &[])]).unwrap();
        assert_eq!(given, Roles::everywhere("reader".parse().unwrap()));
        assert!(roles("", &[("reader", &[])]).unwrap().is_nothing());
        // It may be stored so.
        let stored = r#"{"global_role":"","role_domains":{"admin":[]}}"#;
        assert!(serde_json::from_str::<Roles>(stored).unwrap().is_nothing());
    }

    #[test]
    fn a_namespace_has_one_role() {
        let two = roles("", &[("reader", &["a"]), ("admin", &["a"])]);
        assert!(matches!(two, Err(RolesError::TwoRoles { .. })), "{two:?}");
    }

    #[test]
    fn nobody_is_given_namespaces_without_end() {
        let names: Vec<String> = (0..=MAX_NAMESPACES).map(|n| format!("n{n}")).collect();
        let domains = |namespaces: &[String]| -> BTreeMap<String, Vec<String>> {
            let (one, other) = namespaces.split_at(400);
            [("reader".to_owned(), one.to_vec()), ("admin".to_owned(), other.to_vec())].into()
        };
        assert!(Roles::parse("", &domains(&names[..MAX_NAMESPACES])).is_ok());
        assert_eq!(Roles::parse("", &domains(&names)), Err(RolesError::TooManyNamespaces));
        // What an older program stored is read.
        let stored = serde_json::json!({ "role_domains": { "reader": names } });
        assert!(serde_json::from_value::<Roles>(stored).is_ok());
    }

    #[test]
    fn a_role_of_the_federation_can_have_a_scope() {
        let scope = || serde_json::from_str::<AccessScope>(r#"{"domains":["a"]}"#).unwrap();
        for (role, fits) in [
            ("fedAdmin", true),
            ("fedReader", true),
            ("auditor", true),
            ("admin", false),
            ("reader", false),
            ("ciops", false),
            ("", false),
        ] {
            let limited = roles(role, &[]).unwrap().within(Some(scope()));
            assert_eq!(limited.is_ok(), fits, "{role}");
            let Ok(limited) = limited else { continue };
            let text = serde_json::to_string(&limited).unwrap();
            assert_eq!(serde_json::from_str::<Roles>(&text).unwrap(), limited);
            // Who does not know of scopes finds no role.
            assert!(text.contains(r#""global_role":"""#), "{text}");
        }
        let beside = roles("fedReader", &[("admin", &["a"])]).unwrap().within(Some(scope()));
        assert!(matches!(beside, Err(RolesError::ScopeAndNamespaces(_))), "{beside:?}");
    }

    #[test]
    fn the_federation_is_in_no_namespace() {
        for role in ["fedAdmin", "fedReader", ""] {
            let wrong = roles("", &[(role, &["a"])]);
            assert!(matches!(wrong, Err(RolesError::NotInNamespaces(_))), "{wrong:?}");
        }
    }
}
