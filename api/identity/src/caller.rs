//! The identity behind a request.

use crate::permission::{Access, Permission};
use crate::rights::Rights;
use crate::role::Role;
use crate::role_name::RoleName;
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

    /// The session, if one vouches for the caller.
    pub const fn session(&self) -> Option<SessionId> {
        match self.proof {
            Proof::Session(id) => Some(id),
            Proof::ApiKey | Proof::Forwarded => None,
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
}
