//! Who calls, and what they may do: passwords, keys, session tokens, roles and
//! permissions, for the primary and for the agent's own REST API.
//!
//! Open [`role`] for what each reserved role may do, [`rights`] for what a
//! caller may, [`route_access`] for what each path needs, [`scoped_route`] for
//! what a role that is limited to some clusters may call, [`namespaced_route`] for what
//! roles in some namespaces may, [`password`], [`api_key`] and [`session_token`] for the
//! proofs of identity, [`damper`] for what guessing them costs, [`recorded`] for which
//! calls are recorded. Users and sessions themselves are stored by the programs.

pub mod access_scope;
pub mod api_key;
pub mod caller;
pub mod damper;
pub mod namespace;
pub mod namespaced_route;
mod opaque_string;
pub mod password;
pub mod password_profile;
pub mod permission;
pub mod permission_set;
pub mod recorded;
pub mod rights;
pub mod role;
pub mod role_name;
pub mod roles;
pub mod route_access;
mod route_list;
pub mod scoped_route;
pub mod secret;
pub mod session_token;

pub use access_scope::{AccessScope, AccessScopeError, ScopeClusters};
pub use api_key::ApiKeyHash;
pub use caller::{Caller, Proof};
pub use damper::Damper;
pub use namespace::Namespace;
pub use password::{PasswordError, PasswordHash, Passwords};
pub use password_profile::PasswordProfile;
pub use permission::{Access, Permission};
pub use permission_set::PermissionSet;
pub use recorded::Recorded;
pub use rights::Rights;
pub use role::Role;
pub use role_name::{CustomRoleName, RoleName};
pub use roles::Roles;
pub use route_access::{Need, Required};
pub use session_token::{SessionClaims, SessionId, SessionKey, SessionKeyError};
