//! The identity behind a request.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::permission::{Access, Permission};
use crate::rights::Rights;
use crate::role::Role;
use crate::role_name::RoleName;
use crate::roles::Roles;
use crate::route_access::{Need, Required};
use crate::session_token::SessionId;

/// Who makes a request, as the authentication found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Unique name: `username`, or `server:username` for a directory's user;
    /// the name of an API key.
    pub fullname: String,
    /// Name without the server.
    pub username: String,
    /// Directory that vouches for the user; empty for local users.
    pub server: String,
    /// Global role.
    pub role: RoleName,
    /// What the caller may do.
    pub rights: Rights,
    /// What vouches for the caller.
    pub proof: Proof,
    /// Address that the request came from; empty when unknown.
    pub address: String,
}

/// What vouches for a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A session that a login began.
    Session(SessionId),
    /// An API key.
    ApiKey,
    /// The primary that forwarded the call.
    Forwarded,
}

impl Caller {
    /// A caller whose request the primary forwarded, with their role here.
    pub fn forwarded(name: &str, role: Role) -> Self {
        Self {
            fullname: name.to_owned(),
            username: name.to_owned(),
            server: String::new(),
            role: role.into(),
            rights: role.into(),
            proof: Proof::Forwarded,
            address: String::new(),
        }
    }

    /// The same with roles in some namespaces.
    pub fn forwarded_within(name: &str, roles: &Roles) -> Self {
        Self {
            role: roles.global().clone(),
            rights: Rights::of(roles, &BTreeMap::new()),
            ..Self::forwarded(name, Role::None)
        }
    }

    /// The session, if one vouches for the caller.
    pub const fn session(&self) -> Option<SessionId> {
        match self.proof {
            Proof::Session(id) => Some(id),
            Proof::ApiKey | Proof::Forwarded => None,
        }
    }

    /// The caller's name in records. That of a key is no user's: theirs have no parentheses,
    /// or the name of a directory before a colon.
    pub fn recorded(&self) -> Cow<'_, str> {
        match self.proof {
            Proof::ApiKey => format!("{} (API key)", self.fullname).into(),
            Proof::Session(_) | Proof::Forwarded => self.fullname.as_str().into(),
        }
    }

    /// Whether the caller is the user `fullname`, and not a key of that name.
    pub fn is_user(&self, fullname: &str) -> bool {
        self.proof != Proof::ApiKey && self.fullname == fullname
    }

    /// Whether the caller holds `permission` everywhere.
    pub const fn may(&self, permission: Permission, access: Access) -> bool {
        self.rights.may(permission, access)
    }

    /// Whether the caller may change everything of the own cluster.
    pub fn is_administrator(&self) -> bool {
        self.role.reserved().is_some_and(Role::is_administrator)
    }

    /// Whether the caller may do what a route requires, as far as that does not
    /// depend on whom the path names. A route that takes federation tickets is
    /// never open to a user.
    pub fn satisfies(&self, required: Required) -> bool {
        match required.need {
            Need::Open | Need::Session => true,
            Need::Ticket => false,
            Need::Admin => self.is_administrator(),
            Need::Permission(permission) => self.may(permission, required.access),
            Need::Somewhere(permission) | Need::Oneself(permission) => {
                self.rights.may_somewhere(permission, required.access)
            }
        }
    }

    /// The same of a route that shows and takes no more than what is in the namespaces
    /// of the caller's roles.
    pub fn satisfies_somewhere(&self, required: Required) -> bool {
        match required.need {
            Need::Permission(permission) => self.rights.may_somewhere(permission, required.access),
            _ => self.satisfies(required),
        }
    }

    /// Whether the caller may do what a route requires, if at all, in the namespaces of
    /// their roles: what they hold everywhere does not suffice, or is nothing.
    pub fn is_confined(&self, required: Required) -> bool {
        let everywhere = !self.rights.are_of_namespaces() && self.satisfies(required);
        !self.rights.namespaces().is_empty() && !everywhere
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route_access;

    #[test]
    fn a_role_everywhere_does_not_hide_a_wider_one_in_a_namespace() {
        let with = |global: &str| {
            let domains = [("admin".to_owned(), vec!["shop".to_owned()])].into();
            let roles = Roles::parse(global, &domains).unwrap();
            Caller::forwarded_within("mary", &roles)
        };
        for (global, method, path, confined) in [
            // A reader of all changes a namespace.
            ("reader", "GET", "/v1/group", false),
            ("reader", "PATCH", "/v1/group/x", true),
            ("", "GET", "/v1/group", true),
            ("", "GET", "/v1/selfuser", true),
            ("admin", "PATCH", "/v1/group/x", false),
        ] {
            let required = route_access::required(method, path);
            assert_eq!(with(global).is_confined(required), confined, "{global} {method} {path}");
        }
        let nobody = Caller::forwarded("rita", Role::Reader);
        assert!(!nobody.is_confined(route_access::required("PATCH", "/v1/group/x")));
    }
}
