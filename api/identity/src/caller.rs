//! The identity behind a request.

use crate::permission::{Access, Permission};
use crate::role::Role;
use crate::route_access::{Need, Required};
use crate::session_token::SessionId;

/// Who makes a request, as the authentication found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Unique name: `username`, or `server:username` for a directory's user.
    pub fullname: String,
    /// Name without the server.
    pub username: String,
    /// Directory that vouches for the user; empty for local users.
    pub server: String,
    /// Global role.
    pub role: Role,
    /// The session, unless the call was forwarded from the primary.
    pub session: Option<SessionId>,
    /// Address that the request came from; empty when unknown.
    pub address: String,
}

impl Caller {
    /// A caller whose request the primary forwarded, with their role here.
    pub fn forwarded(name: &str, role: Role) -> Self {
        Self {
            fullname: name.to_owned(),
            username: name.to_owned(),
            server: String::new(),
            role,
            session: None,
            address: String::new(),
        }
    }

    /// Whether the caller holds `permission` for `access`.
    pub const fn may(&self, permission: Permission, access: Access) -> bool {
        self.role.allows(permission, access)
    }

    /// Whether the caller may do what a route requires. A route that takes
    /// federation tickets is never open to a user.
    pub const fn satisfies(&self, required: Required) -> bool {
        match required.need {
            Need::Open | Need::Session => true,
            Need::Ticket => false,
            Need::Admin => self.role.is_administrator(),
            Need::Permission(permission) => self.may(permission, required.access),
        }
    }
}
